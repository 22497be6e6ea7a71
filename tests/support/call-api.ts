// oxlint-disable-next-line typescript/no-explicit-any -- a test reads any field of an answer; its schema is tested apart
export type Answer = { status: number; body: any; text: string; headers: Headers };

export type CallOptions = {
  key?: string | null;
  body?: unknown;
  raw?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  idempotencyKey?: string;
};

/** One call over HTTP to any server of the API at `url` (…/api/v1). */
export async function callApi(url: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { key, body, raw, idempotencyKey } = options;
  const headers: Record<string, string> = {
    ...(key && { Authorization: `Bearer ${key}` }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    ...options.headers,
  };
  const response = await fetch(`${url}${path}`, {
    method,
    headers,
    body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    text,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : undefined,
  };
}
