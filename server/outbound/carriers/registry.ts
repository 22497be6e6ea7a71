import type { CallbackContent, CallbackRequest, Carrier, CarrierEnv, CarrierKind } from './carrier';
import { http } from './http';
import { kannel } from './kannel';
import { sandbox } from './sandbox';
import { seven } from './seven';
import { smpp } from './smpp';
import { smsTo } from './sms-to';
import { telnyx } from './telnyx';
import { twilio } from './twilio';
import { vonage } from './vonage';

/** Every kind of carrier. The settings of each are parsed here, at the one way in, so their type is known to the kind. */
const KINDS: Record<string, CarrierKind<unknown>> = {
  sandbox,
  kannel,
  smpp,
  twilio,
  vonage,
  telnyx,
  'sms-to': smsTo,
  seven,
  http,
};

/** The names of all kinds. */
export const CARRIER_KINDS: readonly string[] = Object.keys(KINDS);

/** Returns a kind by its name, or null. */
export const findCarrierKind = (kind: string): CarrierKind<unknown> | null =>
  Object.hasOwn(KINDS, kind) ? KINDS[kind]! : null;

function getCarrierKind(kind: string): CarrierKind<unknown> {
  const found = findCarrierKind(kind);
  if (!found) throw new Error(`There is no carrier kind ${JSON.stringify(kind)}.`);
  return found;
}

/** Returns what is wrong with the settings of a carrier, one sentence for each setting. */
export function findSettingFaults(kind: string, settings: unknown): string[] {
  const { error } = getCarrierKind(kind).settings.safeParse(settings);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/**
 * Connects a carrier.
 * @throws ZodError if the settings are not those of the kind
 */
export function makeCarrier(kind: string, name: string, settings: unknown, env: CarrierEnv): Carrier {
  const found = getCarrierKind(kind);
  return found.make(name, found.settings.parse(settings), env);
}

/** Verifies and reads a carrier's callback. A kind without callbacks authorises none. */
export function readCarrierCallback(
  kind: string,
  settings: unknown,
  request: CallbackRequest,
  callbackUrl: string,
): CallbackContent {
  const found = getCarrierKind(kind);
  return found.readCallback?.(request, found.settings.parse(settings), callbackUrl) ?? 'unauthorized';
}

/** Returns settings without their secrets, as they may be shown. */
export function hideCarrierSecrets(kind: string, settings: Record<string, unknown>): Record<string, unknown> {
  const { secretFields } = getCarrierKind(kind);
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !secretFields.includes(name)));
}
