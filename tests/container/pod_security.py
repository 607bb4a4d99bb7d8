#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Judges the pods of a YAML file by the published Pod Security Standards of Kubernetes 1.30.

pod_security.py check LEVEL FILE   prints each violation; LEVEL is baseline or restricted
pod_security.py options FILE       prints what `docker run` needs to start such a container
pod_security.py mutants            each rule refuses what it is there to refuse; prints those that do not
"""
import copy
import sys

import yaml

BASELINE_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
    "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"}
SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes"}
SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected",
    "secret"}


def containers_of(pod):
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from pod.get(kind) or []


def contexts_of(pod):
    yield pod.get("securityContext") or {}
    for container in containers_of(pod):
        yield container.get("securityContext") or {}


def baseline(pod):
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield f"{name} is set"
    for volume in pod.get("volumes") or []:
        if "hostPath" in volume:
            yield "a volume is a hostPath"
    for context in contexts_of(pod):
        if (context.get("windowsOptions") or {}).get("hostProcess"):
            yield "hostProcess is set"
        selinux = context.get("seLinuxOptions") or {}
        if selinux.get("type", "") not in SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
            yield "seLinuxOptions are not among those allowed"
        if (context.get("seccompProfile") or {}).get("type") == "Unconfined":
            yield "seccompProfile is Unconfined"
        if (context.get("appArmorProfile") or {}).get("type") == "Unconfined":
            yield "appArmorProfile is Unconfined"
        for sysctl in context.get("sysctls") or []:
            if sysctl["name"] not in SAFE_SYSCTLS:
                yield f"sysctl {sysctl['name']} is not safe"
    for container in containers_of(pod):
        context = container.get("securityContext") or {}
        if context.get("privileged"):
            yield "a container is privileged"
        if context.get("procMount", "Default") != "Default":
            yield "procMount is not Default"
        added = set((context.get("capabilities") or {}).get("add") or [])
        if added - BASELINE_CAPABILITIES:
            yield f"capabilities added: {sorted(added - BASELINE_CAPABILITIES)}"
        for port in container.get("ports") or []:
            if port.get("hostPort"):
                yield "hostPort is set"
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            for handler in (container.get(probe) or {}).values():
                if isinstance(handler, dict) and handler.get("host"):
                    yield f"{probe} names a host"


def restricted(pod):
    yield from baseline(pod)
    for volume in pod.get("volumes") or []:
        kinds = set(volume) - {"name"}
        if kinds - RESTRICTED_VOLUMES:
            yield f"volume of kind {sorted(kinds)}"
    common = pod.get("securityContext") or {}
    for context in contexts_of(pod):
        if context.get("runAsUser") == 0:
            yield "runAsUser is 0"
    for container in containers_of(pod):
        context = container.get("securityContext") or {}
        if context.get("allowPrivilegeEscalation") is not False:
            yield "allowPrivilegeEscalation is not false"
        if context.get("runAsNonRoot", common.get("runAsNonRoot")) is not True:
            yield "runAsNonRoot is not true"
        profile = context.get("seccompProfile") or common.get("seccompProfile") or {}
        if profile.get("type") not in ("RuntimeDefault", "Localhost"):
            yield "no seccompProfile"
        capabilities = context.get("capabilities") or {}
        if "ALL" not in (capabilities.get("drop") or []):
            yield "capabilities are not dropped"
        if set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}:
            yield "capabilities are added"


LEVELS = {"baseline": baseline, "restricted": restricted}


def pods_of(path):
    with open(path, encoding="utf-8") as file:
        for thing in yaml.safe_load_all(file):
            spec = thing.get("spec") or {}
            if thing["kind"] == "Pod":
                yield spec
            elif "template" in spec:
                yield spec["template"]["spec"]


# What the kubelet would ask the runtime for, in docker's words. One container a pod.
def options_of(pod):
    common = pod.get("securityContext") or {}
    container, = containers_of(pod)
    context = {**common, **(container.get("securityContext") or {})}
    if "runAsUser" in context:
        yield f"--user={context['runAsUser']}:{context.get('runAsGroup', 0)}"
    if context.get("readOnlyRootFilesystem"):
        yield "--read-only"
    if context.get("allowPrivilegeEscalation") is False:
        yield "--security-opt=no-new-privileges"
    for word, names in (context.get("capabilities") or {}).items():
        yield from (f"--cap-{word}={name}" for name in names)
    for variable in container.get("env") or []:
        yield f"--env={variable['name']}={variable['value']}"
    yield container["image"]


CONTEXT = ("containers", 0, "securityContext")
# Where a good pod is changed, into what, and the first level that must refuse it.
MUTANTS = [
    (("hostNetwork",), True, "baseline"), (("hostPID",), True, "baseline"),
    (("hostIPC",), True, "baseline"),
    (("volumes",), [{"name": "v", "hostPath": {"path": "/"}}], "baseline"),
    ((*CONTEXT, "windowsOptions"), {"hostProcess": True}, "baseline"),
    ((*CONTEXT, "seLinuxOptions"), {"type": "spc_t"}, "baseline"),
    ((*CONTEXT, "seLinuxOptions"), {"user": "root"}, "baseline"),
    ((*CONTEXT, "seccompProfile"), {"type": "Unconfined"}, "baseline"),
    ((*CONTEXT, "appArmorProfile"), {"type": "Unconfined"}, "baseline"),
    (("securityContext", "sysctls"), [{"name": "kernel.msgmax", "value": "1"}], "baseline"),
    ((*CONTEXT, "privileged"), True, "baseline"),
    ((*CONTEXT, "procMount"), "Unmasked", "baseline"),
    ((*CONTEXT, "capabilities"), {"drop": ["ALL"], "add": ["SYS_ADMIN"]}, "baseline"),
    (("containers", 0, "ports"), [{"containerPort": 1, "hostPort": 1}], "baseline"),
    (("containers", 0, "livenessProbe"), {"httpGet": {"port": 1, "host": "elsewhere"}}, "baseline"),
    (("initContainers",), [{"name": "i", "securityContext": {"privileged": True}}], "baseline"),
    (("volumes",), [{"name": "v", "nfs": {"server": "s", "path": "/"}}], "restricted"),
    ((*CONTEXT, "runAsUser"), 0, "restricted"),
    (("securityContext", "runAsUser"), 0, "restricted"),
    ((*CONTEXT, "allowPrivilegeEscalation"), True, "restricted"),
    (("securityContext", "runAsNonRoot"), False, "restricted"),
    (("securityContext", "seccompProfile"), {}, "restricted"),
    ((*CONTEXT, "capabilities"), {"drop": ["CHOWN"]}, "restricted"),
    ((*CONTEXT, "capabilities"), {"drop": ["ALL"], "add": ["CHOWN"]}, "restricted"),
]


def good_pod():
    return {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "c", "securityContext": {
            "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}]}


def mutants():
    yield from restricted(good_pod())
    for place, value, level in MUTANTS:
        pod = copy.deepcopy(good_pod())
        inner = pod
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
        # baseline does not forbid what only restricted forbids.
        for name, judge in LEVELS.items():
            wanted = name == "restricted" or level == "baseline"
            if bool(list(judge(pod))) != wanted:
                yield f"{name} is wrong about {place[-1]} = {value}"


def main():
    command = sys.argv[1]
    if command == "options":
        print(*options_of(next(pods_of(sys.argv[2]))), sep="\n")
        return 0
    if command == "mutants":
        wrong = list(mutants())
    else:
        pods = list(pods_of(sys.argv[3]))
        wrong = [text for pod in pods for text in LEVELS[sys.argv[2]](pod)]
        if not pods:
            wrong = ["there is no pod in the file"]
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
