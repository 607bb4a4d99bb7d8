// SPDX-License-Identifier: MIT

// Says who and when it is. Ends in order when it is told to: as PID 1 node would ignore TERM if
// nobody listened to it, as the child of an init it need not care.
'use strict';

const http = require('node:http');

const server = http.createServer((request, answer) => {
	if (request.url === '/healthz') {
		answer.end('ok\n');
		return;
	}
	answer.setHeader('Content-Type', 'application/json');
	answer.end(JSON.stringify({
		uid: process.getuid(),
		zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
	}) + '\n');
});

server.listen(3000);
process.on('SIGTERM', () => server.close(() => console.log('stopped in order')));
