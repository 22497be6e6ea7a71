import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { runProgram } from '@/cli/program';

/**
 * Runs operator commands for the tests in one process, because starting a process for each takes seconds on a busy
 * machine. The body of a request holds the arguments of a command; the response holds its output.
 */
type Ended = { code: number; stdout: string; stderr: string };

async function runCommand(args: string[]): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  const original = {
    stdout: process.stdout.write.bind(process.stdout),
    stderr: process.stderr.write.bind(process.stderr),
  };
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (part: string | Uint8Array) => {
      output[name] += typeof part === 'string' ? part : Buffer.from(part).toString('utf8');
      return true;
    };
  }
  process.exitCode = 0;
  try {
    await runProgram(args);
    return { ...output, code: process.exitCode };
  } finally {
    process.stdout.write = original.stdout;
    process.stderr.write = original.stderr;
    process.exitCode = 0;
  }
}

/** Commands run one after another, because their output is separated by time. */
let last: Promise<unknown> = Promise.resolve();

const server = createServer((request, response) => {
  const ended = last.then(async () => runCommand((await json(request)) as string[]));
  last = ended.catch(() => {});
  ended.then(
    (result) => response.end(JSON.stringify(result)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () =>
  console.log(`operator at http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
