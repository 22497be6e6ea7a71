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

const t = initTRPC.context<ProcedureContext>().create({
  // Of an error nothing is printed but its problem: not tRPC's own words, which may quote an input, and no stack.
  errorFormatter: ({ error, ctx, path }) => {
    const refused = problemFor(error, ctx?.requestId ?? newRequestId());
    return errorShape(refused, path);
  },
});

export const { router, createCallerFactory } = t;

/** Wraps all that can happen in one call: one answer or one problem, and one log line. */
const open = t.procedure.use(async ({ ctx, path, getRawInput, next }) => {
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
  if (error && SENDS.has(path)) await countSend(ctx, error.problem.code, getRawInput);
  if (error) throw error;
  return result;
});

/** What sends messages: its refusals are counted, as the API's are. */
const SENDS = new Set(['messages.sendMessage', 'messages.sendBatch']);

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

/** For who is signed in and has a seat in the team: the resolver is given what a verb is given. */
const signedIn = (maxItems?: number) =>
  open.use(async ({ ctx, getRawInput, next }) => {
    const { services, actor, requestId } = ctx;
    if (!actor) fail('missing_key', { detail: 'Sign in first.' });
    const rawInput = await getRawInput();
    mustBeStorable(rawInput, maxItems);
    return next({ ctx: { rawInput, run: makeContext(services, actor, { requestId }) } });
  });

/**
 * A verb as a procedure. `verb` is one call into the domain; its answer is printed by `reply`, as the API prints it.
 * @param spec.input the domain's schema, extended by the ids that stand in the API's path
 */
type Spec<I extends ZodType, R extends ZodType> = {
  input?: I;
  reply: R;
  keep?: Keep<z.output<R>>;
  /** How long a list in its input may be, where that is more than lists are elsewhere. */
  maxItems?: number;
  run: (ctx: Context, input: z.output<I>) => Promise<z.output<R> | Refusal>;
};

/** A command as a procedure: `extraCost` and `prepare` as an operation of the API has them. */
type MutationSpec<I extends ZodType, R extends ZodType, P> = Omit<Spec<I, R>, 'run'> & {
  extraCost?: (input: z.output<I>) => number;
  prepare?: (ctx: Context, input: z.output<I>) => Promise<P>;
  run: (ctx: Context, input: z.output<I>, prepared: P | undefined) => Promise<z.output<R> | Refusal>;
};

const nothing = z.strictObject({}).default({});

/** A verb that changes nothing. */
export function query<R extends ZodType, I extends ZodType = typeof nothing>(
  spec: Spec<I, R> & { extraCost?: (input: z.output<I>) => number },
) {
  const input = (spec.input ?? nothing) as I;
  return signedIn(spec.maxItems)
    .input(input)
    .query(async (call): Promise<z.input<R>> => {
      call.ctx.spend?.(spec.extraCost?.(call.input as z.output<I>) ?? 0);
      const result = await spec.run(call.ctx.run, call.input as z.output<I>);
      if (result instanceof Refusal) return fail(result.code, result.facts);
      return z.encode(spec.reply, result);
    });
}

/** For who is signed in, whatever his teams: nothing here knows a team or a seat. */
const personal = open.use(async ({ ctx, getRawInput, next }) => {
  if (!ctx.user) fail('missing_key', { detail: 'Sign in first.' });
  mustBeStorable(await getRawInput());
  return next({ ctx: { user: ctx.user } });
});

type PersonalSpec<I extends ZodType, R extends ZodType> = {
  input?: I;
  reply: R;
  extraCost?: (input: z.output<I>) => number;
  run: (userCtx: UserContext, input: z.output<I>) => Promise<z.output<R>>;
};

/** A reading of what is the person's own. */
export function userQuery<R extends ZodType, I extends ZodType = typeof nothing>(spec: PersonalSpec<I, R>) {
  const input = (spec.input ?? nothing) as I;
  return personal
    .input(input)
    .query(async ({ ctx, ...call }): Promise<z.input<R>> =>
      z.encode(spec.reply, await spec.run({ ...visitorOf(ctx), user: ctx.user }, call.input as z.output<I>)),
    );
}

/** A change of what is the person's own. Asked again it changes nothing more: no Idempotency-Key is looked at. */
export function userMutation<R extends ZodType, I extends ZodType = typeof nothing>(spec: PersonalSpec<I, R>) {
  const input = (spec.input ?? nothing) as I;
  return personal.input(input).mutation(async ({ ctx, ...call }): Promise<z.input<R>> => {
    ctx.spend?.(spec.extraCost?.(call.input as z.output<I>) ?? 0);
    return z.encode(spec.reply, await spec.run({ ...visitorOf(ctx), user: ctx.user }, call.input as z.output<I>));
  });
}

type GuestSpec<I extends ZodType, R extends ZodType> = {
  input?: I;
  reply: R;
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

/** A reading for anyone, signed in or not: what is asked for proves itself, by a link or a code. */
export function visitorQuery<R extends ZodType, I extends ZodType = typeof nothing>(spec: GuestSpec<I, R>) {
  const input = (spec.input ?? nothing) as I;
  return anyone
    .input(input)
    .query(async ({ ctx, ...call }): Promise<z.input<R>> =>
      z.encode(spec.reply, await spec.run(visitorOf(ctx), call.input as z.output<I>)),
    );
}

/** A change that anyone may ask for. */
export function visitorMutation<R extends ZodType, I extends ZodType = typeof nothing>(spec: GuestSpec<I, R>) {
  const input = (spec.input ?? nothing) as I;
  return anyone.input(input).mutation(async ({ ctx, ...call }): Promise<z.input<R>> => {
    ctx.spend?.(spec.extraCost?.(call.input as z.output<I>) ?? 0);
    return z.encode(spec.reply, await spec.run(visitorOf(ctx), call.input as z.output<I>));
  });
}

/** A verb that changes something: once for the request's Idempotency-Key, where it has one. */
export function mutation<R extends ZodType, I extends ZodType = typeof nothing, P = undefined>(
  spec: MutationSpec<I, R, P>,
) {
  const input = (spec.input ?? nothing) as I;
  return signedIn(spec.maxItems)
    .input(input)
    .mutation(async (call): Promise<z.input<R>> => {
      const key = readIdempotencyKey(call.ctx.idempotencyKey);
      const hash = hashRequest(['trpc', call.path, call.ctx.rawInput ?? null]);
      const printing = { reply: spec.reply, keep: spec.keep as Keep | undefined };
      const input = call.input as z.output<I>;
      const request = key === null ? null : { key, hash };
      const isNew = !spec.prepare || request === null || !(await isKnownRequest(call.ctx.run, request));
      if (isNew) call.ctx.spend?.(spec.extraCost?.(input) ?? 0);
      const prepared = isNew ? await spec.prepare?.(call.ctx.run, input) : undefined;
      const answer = await withIdempotency(call.ctx.run, request, printing, async (ctx) => {
        const result = await spec.run(ctx, input, prepared);
        return result instanceof Refusal ? result : { status: 200, result };
      });
      // Only now: the transaction that remembers a refusal has been committed.
      if (answer instanceof Refusal) return fail(answer.code, answer.facts);
      return JSON.parse(answer.text) as z.input<R>;
    });
}
