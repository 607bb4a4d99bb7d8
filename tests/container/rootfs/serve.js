// SPDX-License-Identifier: MIT
// Serves one request to itself, by name, through the resolver of the C library.
const http = require('http');
const crypto = require('crypto');
const zlib = require('zlib');
const server = http.createServer((request, response) => response.end(zlib.gzipSync('hello')));
server.listen(8080, () => http.get('http://localhost:8080/', (response) => {
	const parts = [];
	response.on('data', (part) => parts.push(part));
	response.on('end', () => {
		const text = zlib.gunzipSync(Buffer.concat(parts)).toString();
		console.log(text, crypto.createHash('sha256').update(text).digest('hex').slice(0, 8),
			new Intl.DateTimeFormat('de', { month: 'long' }).format(new Date(0)),
			process.getuid());
		server.close();
	});
}));
