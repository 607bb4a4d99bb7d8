// SPDX-License-Identifier: MIT
//
// service.js - an HTTP server of two processes, and /everything: what a Node program does beside
'use strict';

const childProcess = require('child_process');
const cluster = require('cluster');
const crypto = require('crypto');
const dns = require('dns').promises;
const fs = require('fs');
const http = require('http');
const os = require('os');
const threads = require('worker_threads');
const { once } = require('events');
const { promisify } = require('util');
const zlib = require('zlib');

async function watched() {
	const directory = await fs.promises.mkdtemp('/tmp/node-');
	const watcher = fs.watch(directory);
	const seen = once(watcher, 'change');
	await fs.promises.writeFile(`${directory}/file`, 'x'.repeat(100000));
	await seen;
	watcher.close();
	await fs.promises.copyFile(`${directory}/file`, `${directory}/copy`);
	await fs.promises.rm(directory, { recursive: true });
}

async function everything() {
	const worker = new threads.Worker(
		'const t = require("worker_threads"); t.parentPort.postMessage(t.workerData * 2)',
		{ eval: true, workerData: 21 });
	const [answer] = await once(worker, 'message');
	const child = await promisify(childProcess.execFile)('sh', ['-c', 'echo child']);
	const key = await promisify(crypto.scrypt)('password', 'salt', 32);
	const packed = await promisify(zlib.gzip)(Buffer.alloc(100000));
	const { address } = await dns.lookup('localhost', { family: 4 });
	await watched();
	if (answer !== 42 || child.stdout !== 'child\n' || key.length !== 32 || packed.length > 1000 ||
	    address !== '127.0.0.1' || os.cpus().length < 1 || !os.networkInterfaces().lo)
		throw new Error('a part of it failed');
}

if (cluster.isPrimary) {
	cluster.fork();
	cluster.fork();
	process.on('SIGTERM', () => {
		cluster.disconnect(() => process.exit(0));
	});
} else {
	process.on('SIGTERM', () => {});
	http.createServer((request, response) => {
		if (request.url !== '/everything') {
			response.end('hello\n');
			return;
		}
		everything().then(() => response.end('all is well\n'), (error) => {
			console.error(error);
			response.statusCode = 500;
			response.end('failed\n');
		});
	}).listen(8080, '127.0.0.1');
}
