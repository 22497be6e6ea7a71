import { connect, createServer } from 'node:net';
import { codeOf } from './stop.mjs';

/**
 * Binds a port for a moment, to test whether it is free.
 * @param {number} port 0 lets the system choose
 * @param {string} [host]
 * @returns {Promise<{ port: number } | { code: string }>} the port that was free, or why it cannot be had
 */
function tryPort(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve({ code: codeOf(error) ?? 'EUNKNOWN' }));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve({ port: typeof address === 'object' && address ? address.port : port }));
    });
  });
}

/**
 * Returns the system's error code if a port cannot be listened on, otherwise undefined.
 * @param {number} port
 * @param {string} [host]
 */
export async function portRefusal(port, host) {
  const found = await tryPort(port, host);
  return 'code' in found ? found.code : undefined;
}

/**
 * Returns the wished port if it is free, otherwise any free port.
 * @param {number | undefined} wished
 */
export async function freePort(wished) {
  if (wished && (await portRefusal(wished)) === undefined) return wished;
  const found = await tryPort(0);
  if ('code' in found) throw new Error(`no port of 127.0.0.1 can be listened on: ${found.code}`);
  return found.port;
}

/**
 * Returns whether something accepts connections on a port.
 * @param {number} port
 * @param {string} [host]
 * @returns {Promise<boolean>}
 */
export function isListening(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 1000 });
    /** @param {boolean} answer */
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}
