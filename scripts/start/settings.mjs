import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writePrivateJson } from './files.mjs';
import { Stop } from '../processes/stop.mjs';

/**
 * Returns the address to listen on, from HOST and PORT.
 * @returns {{ host: string, port: number }}
 */
export function listenAddress() {
  const given = process.env.PORT || '3000';
  const port = Number(given);
  if (!/^[0-9]+$/.test(given) || port < 1 || port > 65_535) {
    throw new Stop(`PORT is ${given}. Set PORT to a number from 1 to 65535.`);
  }
  return { host: process.env.HOST || '127.0.0.1', port };
}

/**
 * Returns the URL for users and checks on this machine.
 * @param {{ host: string, port: number }} address
 */
export function localUrl({ host, port }) {
  const everywhere = ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'];
  const name = everywhere.includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/**
 * Returns the demo's secrets, created once.
 * @param {string} dir
 * @returns {{ PURSER_SECRET: string }}
 */
export function demoSecrets(dir) {
  const file = join(dir, 'secrets.json');
  const known = readJson(file);
  if (typeof known?.PURSER_SECRET === 'string') return known;
  if (existsSync(file)) {
    throw new Stop(`${file} cannot be read: put it back, or move ${dir} away to start with an empty demo.`);
  }
  const made = { PURSER_SECRET: randomBytes(32).toString('base64url') };
  writePrivateJson(file, made);
  return made;
}

/**
 * Returns the environment variables for running on the embedded database.
 * @param {string} dir
 * @param {{ ownerUrl: string, appUrl: string, demo?: boolean }} connection
 * @returns {Record<string, string>}
 */
export function embeddedEnvironment(dir, { ownerUrl, appUrl, demo }) {
  const database = { DATABASE_URL: appUrl, DATABASE_OWNER_URL: ownerUrl, DATABASE_DIRECT_URL: appUrl };
  if (!demo) return { ...database, PURSER_DEMO: '0' };
  return {
    ...database,
    PURSER_DEMO: '1',
    CARRIER: process.env.CARRIER || 'sandbox',
    PURSER_SECRET: process.env.PURSER_SECRET || demoSecrets(dir).PURSER_SECRET,
  };
}

/** Returns whether to run as a demo when the operator has no own database. */
export const wantsDemo = () => !['0', 'false'].includes(process.env.PURSER_DEMO ?? '');
