/* SPDX-License-Identifier: MIT */
/*
 * Real TLS clients against a server whose private CA was added: with the bundle and the variables
 * that name it each of them trusts the server, and without them none does. Needs root and the
 * clients.
 */
#include "setup/certs_addition.h"
#include "setup/certs_bundle.h"
#include "setup/certs_places.h"
#include "setup/certs_reader.h"

#include "certs_trial.h"

#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

enum { LINE = 2048 };

struct server {
	struct trial trial;
	char bundle[PATH_MAX];
	pid_t process;
	unsigned port;
};

/* Words for the shell, run in the trial's directory with PORT set. Returns its exit status. */
static int
run(const struct server *server, const char *words)
{
	char line[LINE];
	int status;

	snprintf(line, sizeof(line), "cd %s && PORT=%u && export PORT && { %s; } >>log 2>&1",
		 server->trial.path, server->port, words);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
make_certificates(const struct server *server)
{
	static const char words[] =
		"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "
		"/CN=private"
		" -days 2 -keyout ca.key -out ca.pem && "
		"openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost"
		" -keyout server.key -out server.csr && "
		"printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\n' >server.ext && "
		"openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
		" -extfile server.ext -out server.pem && chmod 644 ca.pem";

	if (run(server, words) != 0)
		fail_msg("cannot make a CA: is openssl installed?");
}

/* It says "ACCEPT 127.0.0.1:PORT" when it listens. */
static void
start_server(struct server *server)
{
	int ends[2];
	char line[128];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	server->process = fork();
	assert_true(server->process >= 0);
	if (server->process == 0) {
		prctl(PR_SET_PDEATHSIG, (long)SIGKILL, 0L, 0L, 0L);
		if (chdir(server->trial.path) != 0 || dup2(ends[1], 1) < 0 ||
		    !freopen("log", "a", stderr))
			_exit(120);
		execlp("openssl", "openssl", "s_server", "-www", "-accept", "127.0.0.1:0", "-cert",
		       "server.pem", "-key", "server.key", (char *)NULL);
		_exit(121);
	}
	close(ends[1]);
	FILE *said = fdopen(ends[0], "r");
	assert_non_null(said);
	while (server->port == 0 && fgets(line, sizeof(line), said) != NULL)
		(void)sscanf(line, "ACCEPT 127.0.0.1:%u", &server->port);
	fclose(said);
	assert_int_not_equal(server->port, 0);
}

/* As stepdown does it: read by the child, judged by the parent, written by root. */
static void
add_ca(struct server *server)
{
	struct trial *trial = &server->trial;
	struct certs_answer answer;
	struct refusal why;

	trial->request.now = time(NULL);
	trial_ask(trial, "absent", CERTS_FILE);
	trial_ask(trial, "ca.pem", CERTS_ADDITION);
	if (certs_read(&trial->request, &answer, &why) != 0)
		fail_msg("%s", why.text);
	int root = open(trial->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *path = certs_addition_find(root, &why);
	assert_non_null(path);
	assert_int_equal(certs_addition_write(root, path, &answer), 0);
	snprintf(server->bundle, sizeof(server->bundle), "%s%s", trial->path, path);
	certs_answer_release(&answer);
	close(root);
}

/* By its address: what "localhost" is, and whether ::1 is tried first, differs by client and machine. */
static const struct {
	const char *name;
	const char *present; /* what shows that it is installed */
	const char *words;
} clients[] = {
	{"openssl", "openssl version",
	 "openssl s_client -verify_return_error -verify_ip 127.0.0.1 -connect 127.0.0.1:$PORT"
	 " </dev/null"},
	{"curl", "curl --version", "curl -sS -o page https://127.0.0.1:$PORT/"},
	{"Python", "python3 --version",
	 "python3 -c \"import os, urllib.request as u; "
	 "u.urlopen('https://127.0.0.1:' + os.environ['PORT']).read()\""},
	{"Node", "node --version",
	 "node -e \"require('https').get('https://127.0.0.1:' + process.env.PORT, r => r.resume())"
	 ".on('error', e => { console.error(e); process.exit(1) })\""},
	{"Go", "go version",
	 "test -x goclient || { printf 'package main\\nimport (\"crypto/tls\"; \"os\")\\nfunc "
	 "main() {\\n"
	 "_, err := tls.Dial(\"tcp\", \"127.0.0.1:\" + os.Getenv(\"PORT\"), nil)\\n"
	 "if err != nil { println(err.Error()); os.Exit(1) }\\n}\\n' >c.go && "
	 "GO111MODULE=off CGO_ENABLED=0 go build -o goclient c.go || exit 99; }; ./goclient"},
};

/* The variables of ours, set or unset, and nothing else of the kind. */
static void
set_variables(const char *bundle)
{
	unsetenv("SSL_CERT_DIR");
	for (unsigned i = 0; certs_bundle_variables[i] != NULL; i++) {
		if (bundle != NULL)
			setenv(certs_bundle_variables[i], bundle, 1);
		else
			unsetenv(certs_bundle_variables[i]);
	}
}

static void
test_real_clients_trust_a_server_whose_ca_was_added(void **state)
{
	const char *must = getenv("STEPDOWN_TESTS_MUST_RUN");
	struct server server = {.port = 0};

	(void)state;
	trial_need_root();
	trial_begin(&server.trial);
	make_certificates(&server);
	add_ca(&server);
	start_server(&server);
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		if (run(&server, clients[i].present) != 0) {
			if (must != NULL && strcmp(must, "1") == 0)
				fail_msg("%s is not installed", clients[i].name);
			print_message("skipped: %s is not installed\n", clients[i].name);
			continue;
		}
		set_variables(NULL);
		int without = run(&server, clients[i].words);
		set_variables(server.bundle);
		int with = run(&server, clients[i].words);
		set_variables(NULL);
		if (without == 0 || without == 99 || with != 0) {
			fail_msg("%s: exit status %d without the bundle, %d with it (see %s/log)",
				 clients[i].name, without, with, server.trial.path);
		}
	}
	kill(server.process, SIGKILL);
	waitpid(server.process, NULL, 0);
	trial_end(&server.trial);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_clients_trust_a_server_whose_ca_was_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
