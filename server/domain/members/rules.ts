import { z } from 'zod';

const ADJECTIVES =
  `Amber Ample Azure Bold Brave Bright Brisk Calm Candid Civil Clear Clever Coral Crisp Curious Deft Dusky
Eager Early Earnest Fair Fleet Fond Frank Fresh Gentle Glad Golden Grand Happy Hardy Hazel Honest Humble Indigo Ivory Jade
Jolly Keen Kind Lively Loyal Lucid Lunar Mellow Merry Mighty Misty Modest Neat Nimble Noble Olive Opal Patient Pearl Placid
Polar Prompt Proud Quick Quiet Rapid Ready Rosy Royal Ruby Rustic Sage Scarlet Serene Silver Sleek Snowy Solar Solid Spry
Steady Sturdy Sunny Swift Tidy Timely Topaz Tranquil Trusty Upbeat Velvet Vivid Warm Wise Witty Zesty`.split(/\s+/);

const ANIMALS =
  `Badger Bear Beaver Bison Bittern Buzzard Camel Caribou Condor Cormorant Cougar Crane Cricket Curlew Deer
Dolphin Dove Dunlin Eagle Egret Eider Elk Ermine Falcon Ferret Finch Fox Gannet Gazelle Gecko Goshawk Grebe Grouse Gull
Hare Harrier Hawk Hedgehog Heron Hoopoe Hornbill Ibex Ibis Jackdaw Jaguar Jay Kestrel Kingfisher Kite Koala Lapwing Lark
Lemur Leopard Linnet Lion Llama Lynx Magpie Mallard Marmot Marten Merlin Mole Moose Narwhal Newt Ocelot Oriole Osprey Otter
Owl Panda Panther Parrot Pelican Penguin Petrel Pika Pipit Plover Puffin Quail Rabbit Raven Robin Salmon Seal Shrike Siskin
Sparrow Stoat Stork Swallow Swan Tapir Teal Tern Tiger Toucan Turtle Vole Walrus Whale Wolf Wombat Wren Zebra`.split(
    /\s+/,
  );

/**
 * Makes a readable name like "Amber Falcon 42" for a member that was given none. Names may repeat; emails do not.
 * `random` answers a number from 0 up to, not including, 1.
 */
export function generatedName(random: () => number = Math.random): string {
  const number = 10 + Math.floor(random() * 90);
  return `${pick(ADJECTIVES, random)} ${pick(ANIMALS, random)} ${number}`;
}

function pick(words: string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? '';
}

/** Where generated addresses live. The top-level domain `invalid` is reserved (RFC 2606): no mail can ever arrive. */
export const GENERATED_EMAIL_DOMAIN = 'members.invalid';

/**
 * Makes an address that nobody has, "amber-falcon-42.k3j9x0p2q7ab@members.invalid": as much of the name as fits an
 * address, and 60 random bits that keep it unique.
 */
export function generatedEmail(name: string): string {
  const readable = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replace(/^-|-+$/g, '');
  return `${readable || 'member'}.${randomText(LOWER_BASE32, 12)}@${GENERATED_EMAIL_DOMAIN}`;
}

/** Whether an address was generated here, so that nothing is to be mailed to it. */
export function isGeneratedEmail(email: string): boolean {
  return email.endsWith(`@${GENERATED_EMAIL_DOMAIN}`);
}

/** Makes a password of 20 characters in four groups, "k7Rwd-3mXpa-…" (117 bits), without look-alikes. */
export function generatePassword(): string {
  return (randomText(BASE58, 20).match(/.{5}/g) ?? []).join('-');
}

const LOWER_BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

// Bytes that would favour the first letters of the alphabet are thrown away.
function randomText(alphabet: string, length: number): string {
  const even = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length - text.length))) {
      if (byte < even) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}

/** Brings a name into the one form in which it is kept and compared: no space around it, NFC. Spaces within stay. */
export function normaliseName(text: string): string {
  return text.trim().normalize('NFC');
}

export const MAX_NAME_LENGTH = 120;

/** A name in any script: 1 to 120 characters (code points), one of them visible, none that controls or reorders text. */
export const nameSchema = z
  .string()
  .overwrite(normaliseName)
  .refine((name) => isWithin(name, 1, MAX_NAME_LENGTH), `Must be 1 to ${MAX_NAME_LENGTH} characters.`)
  .refine((name) => !DECEIVING.test(name), 'Must not hold control characters or marks that reorder text.')
  .refine((name) => name === '' || VISIBLE.test(name), 'Must hold a character that can be seen.')
  .meta({ minLength: 1, maxLength: MAX_NAME_LENGTH });

// Controls, line separators, lone surrogates, bidi marks, overrides and isolates, and what is invisible without need.
// ZWJ and ZWNJ (U+200C, U+200D) are no part of it: Persian, Hindi and emoji are written with them.
const DECEIVING = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/u;

// The blanks that Unicode counts as letters or symbols: Hangul fillers (default ignorable) and the empty Braille cell.
const VISIBLE = /(?!\p{Default_Ignorable_Code_Point}|\u2800)[\p{L}\p{N}\p{P}\p{S}]/u;

function isWithin(text: string, min: number, max: number): boolean {
  if (text.length > 2 * max) return false;
  const length = Array.from(text).length;
  return length >= min && length <= max;
}

/** An e-mail address, answered as it is kept and compared: NFKC, lower case, without space around it; at most 254. */
export const emailSchema = z
  .string()
  .max(1_000, 'Must be at most 254 characters.')
  .trim()
  .normalize('NFKC')
  .toLowerCase()
  .pipe(z.email('Must be an e-mail address.').max(254, 'Must be at most 254 characters.'))
  .meta({ format: 'email', maxLength: 254 });

export const MIN_PASSWORD_LENGTH = 12;
export const MAX_PASSWORD_LENGTH = 200;

/** What a password is without the list of common ones: 12 to 200 characters, not one of them over and over. */
export const passwordShape = z
  .string()
  .min(MIN_PASSWORD_LENGTH, `Must have at least ${MIN_PASSWORD_LENGTH} characters.`)
  .max(MAX_PASSWORD_LENGTH, `Must have at most ${MAX_PASSWORD_LENGTH} characters.`)
  .refine((password) => !/^(.)\1*$/su.test(password), 'Must not be one character over and over.');

/** A password that may be set. The list is loaded when first needed, so this schema parses with `parseAsync` only. */
export const passwordSchema = passwordShape.refine(async (password) => !(await isCommonPassword(password)), {
  message: 'Is one of the passwords that are tried first. Choose a less common one.',
});

/**
 * Whether a password is on the list of 49,000 common ones, in any case, also when it is one of them lengthened by digits
 * and signs ("Password1234!") or said twice: most of the list is shorter than what is asked for.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  // zod asks this of a text that is too long as well, and the patterns below take time squared.
  if (password.length > MAX_PASSWORD_LENGTH) return false;
  const list = await commonPasswords();
  const text = password.toLowerCase();
  const unit = /^(.+?)\1+$/s.exec(text)?.[1] ?? text;
  const [, word = ''] = /^([\s\S]*?)[^\p{L}]*$/u.exec(unit) ?? [];
  return [text, unit, word].some((candidate) => candidate === '' || list.has(candidate));
}

let loading: Promise<ReadonlySet<string>> | undefined;

function commonPasswords(): Promise<ReadonlySet<string>> {
  loading ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common']));
  return loading;
}

/** The integrator's own id of a member: opaque, kept as given, 1 to 255 printable characters. */
export const externalIdSchema = z
  .string()
  .refine((id) => isWithin(id, 1, 255), 'Must be 1 to 255 characters.')
  .refine((id) => !DECEIVING.test(id) && VISIBLE.test(id), 'Must be printable characters.')
  .meta({ minLength: 1, maxLength: 255 });

const MAX_METADATA_KEYS = 50;

/** The integrator's own notes on a member: at most 50 keys of 1 to 40 characters, texts of at most 500. */
export const metadataSchema = z
  .record(storable(z.string().min(1).max(40)), storable(z.string().max(500)))
  .refine((data) => Object.keys(data).length <= MAX_METADATA_KEYS, `Must have at most ${MAX_METADATA_KEYS} keys.`)
  .meta({ maxProperties: MAX_METADATA_KEYS });

// Postgres can hold neither in jsonb.
function storable(schema: z.ZodString) {
  return schema.refine((text) => !/[\0\p{Cs}]/u.test(text), 'Must not hold NUL or half a surrogate pair.');
}
