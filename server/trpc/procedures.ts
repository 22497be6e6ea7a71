import { initTRPC } from '@trpc/server';
import { z, type ZodType } from 'zod';
import { makeContext, type Context } from '@/server/domain/core/context';
import { fail, Refusal } from '@/server/domain/core/errors';
import {
  hashRequest,
  isKnownRequest,
  withIdempotency,
  readIdempotencyKey,
  type Keep,
} from '@/server/domain/core/idempotency';
import { newRequestId, parseId } from '@/server/domain/core/ids';
import { mustBeStorable } from '@/server/domain/core/validation';
import type { VisitorContext, UserContext } from '@/server/domain/core/user-context';
import { countRefusal } from '@/server/domain/messaging/refusals/write';
import { log } from '@/server/log';
import type { ProcedureContext } from './context';
import { problemFor, errorShape } from './problem';

/** The facts of a procedure that are known before its input is read. */
export type Meta = {
  /** True if it sends messages, so that its refusals are counted like the API's. */
  sends?: boolean | undefined;
  /** The size limit of a request body in bytes, if above the default. Such a procedure must be called alone. */
  maxBytes?: number | undefined;
};

const t = initTRPC
  .context<ProcedureContext>()
  .meta<Meta>()
  .create({
    // Only the problem of an error is printed: tRPC's own message may quote the input, and the stack is internal.
    errorFormatter: ({ error, ctx, path }) => {
      const refused = problemFor(error, ctx?.requestId ?? newRequestId());
      return errorShape(refused, path);
    },
  });

export const { router, createCallerFactory } = t;

/** Wraps one call: one answer or one problem, and one log line. */
const open = t.procedure.use(async ({ ctx, path, meta, getRawInput, next }) => {
  const started = performance.now();
  const result = await next();
  const error = result.ok ? null : problemFor(result.error, ctx.requestId);
  const status = error?.problem.status ?? 200;
  log({
    msg: 'request',
    level: status >= 500 ? 'error' : 'info',
    id: ctx.requestId,
    procedure: path,
    status,
    ms: Math.round((performance.now() - started) * 10) / 10,
    team: ctx.actor?.teamId,
    actor: ctx.actor?.memberId ?? ctx.user?.userId,
    address: ctx.actor?.address,
  });
  if (error && meta?.sends) await countSend(ctx, error.problem.code, getRawInput);
  if (error) throw error;
  return result;
});

const behalfSchema = z.object({ onBehalfOf: z.string() });

async function countSend(
  { services, actor }: ProcedureContext,
  code: string,
  rawInput: () => Promise<unknown>,
): Promise<void> {
  if (!actor) return;
  const named = actor.role === 'owner' ? behalfSchema.safeParse(await rawInput().catch(() => null)).data : undefined;
  const memberId = (named && parseId('mem', named.onBehalfOf)) ?? actor.memberId;
  countRefusal(services.database.pool, { teamId: actor.teamId, memberId }, code);
}

/** For a signed-in member of the team; the resolver receives the domain's context. */
const signedIn = (maxItems?: number) =>
  open.use(async ({ ctx, getRawInput, next }) => {
    const { services, actor, requestId } = ctx;
    if (!actor) fail('missing_key', { detail: 'Sign in first.' });
    const rawInput = await getRawInput();
    mustBeStorable(rawInput, maxItems);
    return next({ ctx: { rawInput, run: makeContext(services, actor, { requestId }) } });
  });

/**
 * Describes a command or query as a procedure. `run` is one call into the domain; `reply` prints its answer like the
 * API.
 * @param spec.input the domain's schema, extended by the ids that the API has in its path
 */
type Spec<I extends ZodType, R extends ZodType> = Meta & {
  input?: I;
  output: R;
  /** The length limit of lists in its input, if above the default. */
  maxItems?: number | undefined;
  /** The cost of a call in rate-limit tokens beyond 1. */
  extraCost?: (input: z.output<I>) => number;
  run: (ctx: Context, input: z.output<I>) => Promise<z.output<R> | Refusal>;
};

/** A command as a procedure: `keep` and `prepare` as in an operation. */
type MutationSpec<I extends ZodType, R extends ZodType, P> = Omit<Spec<I, R>, 'run'> & {
  keep?: Keep | null;
  prepare?: ((ctx: Context, input: z.output<I>) => Promise<P>) | null;
  run: (ctx: Context, input: z.output<I>, prepared: P | undefined) => Promise<z.output<R> | Refusal>;
};

const nothing = z.strictObject({}).default({});

const metaOf = ({ sends, maxBytes }: Meta): Meta => ({ sends, maxBytes });

/** Creates a procedure that only reads. */
export function query<R extends ZodType, I extends ZodType = typeof nothing>(spec: Spec<I, R>) {
  const input = (spec.input ?? nothing) as I;
  return signedIn(spec.maxItems)
    .meta(metaOf(spec))
    .input(input)
    .query(async (call): Promise<z.input<R>> => {
      call.ctx.spend?.(spec.extraCost?.(call.input as z.output<I>) ?? 0);
      const result = await spec.run(call.ctx.run, call.input as z.output<I>);
      if (result instanceof Refusal) return fail(result.code, result.facts);
      return z.encode(spec.output, result);
    });
}

/** For a signed-in user without a team or a member. */
const ofUser = open.use(async ({ ctx, getRawInput, next }) => {
  if (!ctx.user) fail('missing_key', { detail: 'Sign in first.' });
  mustBeStorable(await getRawInput());
  return next({ ctx: { user: ctx.user } });
});

type UserSpec<I extends ZodType, R extends ZodType> = {
  input?: I;
  output: R;
  extraCost?: (input: z.output<I>) => number;
  run: (userCtx: UserContext, input: z.output<I>) => Promise<z.output<R>>;
};

/** Creates a procedure that reads the user's own data. */
export function userQuery<R extends ZodType, I extends ZodType = typeof nothing>(spec: UserSpec<I, R>) {
  const input = (spec.input ?? nothing) as I;
  return ofUser
    .input(input)
    .query(async ({ ctx, ...call }): Promise<z.input<R>> =>
      z.encode(spec.output, await spec.run({ ...visitorOf(ctx), user: ctx.user }, call.input as z.output<I>)),
    );
}

/**
 * Creates a procedure that changes the user's own data. Repeating it has no further effect, so no Idempotency-Key is
 * used.
 */
export function userMutation<R extends ZodType, I extends ZodType = typeof nothing>(spec: UserSpec<I, R>) {
  const input = (spec.input ?? nothing) as I;
  return ofUser.input(input).mutation(async ({ ctx, ...call }): Promise<z.input<R>> => {
    ctx.spend?.(spec.extraCost?.(call.input as z.output<I>) ?? 0);
    return z.encode(spec.output, await spec.run({ ...visitorOf(ctx), user: ctx.user }, call.input as z.output<I>));
  });
}

type VisitorSpec<I extends ZodType, R extends ZodType> = {
  input?: I;
  output: R;
  extraCost?: (input: z.output<I>) => number;
  run: (userCtx: VisitorContext, input: z.output<I>) => Promise<z.output<R>>;
};

const visitorOf = ({ services, user, origin, requestId }: ProcedureContext): VisitorContext => ({
  ...services,
  user,
  origin,
  requestId,
});

const anyone = open.use(async ({ getRawInput, next }) => {
  mustBeStorable(await getRawInput());
  return next();
});

/** Creates a reading procedure for everyone, signed in or not; a link or a code is the proof. */
export function visitorQuery<R extends ZodType, I extends ZodType = typeof nothing>(spec: VisitorSpec<I, R>) {
  const input = (spec.input ?? nothing) as I;
  return anyone
    .input(input)
    .query(async ({ ctx, ...call }): Promise<z.input<R>> =>
      z.encode(spec.output, await spec.run(visitorOf(ctx), call.input as z.output<I>)),
    );
}

/** Creates a changing procedure for everyone. */
export function visitorMutation<R extends ZodType, I extends ZodType = typeof nothing>(spec: VisitorSpec<I, R>) {
  const input = (spec.input ?? nothing) as I;
  return anyone.input(input).mutation(async ({ ctx, ...call }): Promise<z.input<R>> => {
    ctx.spend?.(spec.extraCost?.(call.input as z.output<I>) ?? 0);
    return z.encode(spec.output, await spec.run(visitorOf(ctx), call.input as z.output<I>));
  });
}

/** Creates a procedure that runs a command, once per Idempotency-Key if the request has one. */
export function mutation<R extends ZodType, I extends ZodType = typeof nothing, P = undefined>(
  spec: MutationSpec<I, R, P>,
) {
  const input = (spec.input ?? nothing) as I;
  return signedIn(spec.maxItems)
    .meta(metaOf(spec))
    .input(input)
    .mutation(async (call): Promise<z.input<R>> => {
      const key = readIdempotencyKey(call.ctx.idempotencyKey);
      const hash = hashRequest(['trpc', call.path, call.ctx.rawInput ?? null]);
      const input = call.input as z.output<I>;
      const request = key === null ? null : { key, hash };
      const isNew = !spec.prepare || request === null || !(await isKnownRequest(call.ctx.run, request));
      if (isNew) call.ctx.spend?.(spec.extraCost?.(input) ?? 0);
      const prepared = isNew ? await spec.prepare?.(call.ctx.run, input) : undefined;
      const answer = await withIdempotency(call.ctx.run, request, spec, async (ctx) => {
        const result = await spec.run(ctx, input, prepared);
        return result instanceof Refusal ? result : { status: 200, result };
      });
      // The transaction that records the refusal is committed before the error is thrown.
      if (answer instanceof Refusal) return fail(answer.code, answer.facts);
      return JSON.parse(answer.text) as z.input<R>;
    });
}
