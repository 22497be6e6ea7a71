import { Agent, request as httpRequest } from 'node:http';

/** The result of one run: operations a second, and latencies in milliseconds. */
export type Figure = { name: string; perSecond: number; p50: number; p99: number; failures: number };

/** Runs `work` from that many clients at once for about that many seconds, after a warm-up, and returns the figures. */
export async function measure(
  name: string,
  work: (client: number) => Promise<void>,
  options: { clients: number; seconds: number },
): Promise<Figure> {
  await run(work, { ...options, seconds: Math.min(1, options.seconds / 3) });
  const { times, failures, elapsed } = await run(work, options);
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { name, perSecond: times.length / elapsed, p50: at(0.5), p99: at(0.99), failures };
}

async function run(
  work: (client: number) => Promise<void>,
  { clients, seconds }: { clients: number; seconds: number },
) {
  const times: number[] = [];
  let failures = 0;
  const started = performance.now();
  const end = started + seconds * 1000;
  const client = async (id: number) => {
    while (performance.now() < end) {
      const began = performance.now();
      try {
        await work(id);
        times.push(performance.now() - began);
      } catch {
        failures += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, id) => client(id)));
  return { times, failures, elapsed: (performance.now() - started) / 1000 };
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Makes one HTTP call over a kept connection; rejects on a status of 300 or more. */
export function call(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const req = httpRequest(url, { agent, method: options.method ?? 'GET', headers: options.headers }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (part: string) => (text += part));
      res.on('end', () =>
        (res.statusCode ?? 500) < 300 ? resolve(text) : reject(new Error(`${res.statusCode} ${text}`)),
      );
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(options.body);
  });
}

/** Prints figures as ratios to their base, as only ratios can be compared between machines. */
export function printTable(title: string, base: Figure, others: Figure[]): void {
  console.log(`\n${title}`);
  for (const figure of [base, ...others]) {
    const ratio = (figure.perSecond / base.perSecond).toFixed(2);
    const failed = figure.failures ? `, ${figure.failures} FAILED` : '';
    console.log(
      `  ${figure.name.padEnd(58)} ${figure.perSecond.toFixed(0).padStart(7)}/s  p50 ${figure.p50.toFixed(1).padStart(6)} ms  p99 ${figure.p99.toFixed(1).padStart(6)} ms  × ${ratio}${failed}`,
    );
  }
}
