/**
 * In Jupyter's place where a test is about instances and not about code: up at once, it answers the health check and the
 * list of kernels. A file tells how it behaves: `healthy`, `unhealthy`, or `dies`.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { INSTANCE_ID: id, INSTANCE_ADDRESS: address, INSTANCE_PORT: port } = process.env;
const behaviour = readFileSync(process.argv[2], 'utf8');
if (behaviour === 'dies') {
  console.error('This instance dies at once, as its test asks.');
  process.exit(3);
}

const answers = new Map([
  [`/proxy/${id}/api`, { version: 'none' }],
  [`/proxy/${id}/api/kernels`, []],
]);
createServer((request, response) => {
  const answer = answers.get(request.url);
  const status = behaviour === 'unhealthy' ? 500 : answer === undefined ? 404 : 200;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? null));
}).listen(Number(port), address);
