import { randomText } from '@/server/domain/identity/passwords/rules';

export const MEMBER_STATUSES = ['active', 'inactive', 'deleted'] as const;

/** The columns by which the page of members can be sorted. */
export const MEMBER_SORTS = [
  'name',
  'email',
  'role',
  'balance',
  'messages',
  'cost',
  'status',
  'createdAt',
  'lastUsedAt',
] as const;
export const RECHARGE_FILTERS = ['none', 'ready', 'waiting', 'paused', 'off'] as const;

/** The time after its deletion within which a member can be restored, in milliseconds. */
export const RESTORABLE_MS = 14 * 24 * 3_600_000;

/** The number of UTC days, including today, over which a member's usage is summed. */
export const USAGE_DAYS = 30;

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
 * Generates a readable name like "Amber Falcon 42" for a member without one. Names may repeat.
 * @param random returns a number from 0 up to, not including, 1
 */
export function generatedName(random: () => number = Math.random): string {
  const number = 10 + Math.floor(random() * 90);
  return `${pick(ADJECTIVES, random)} ${pick(ANIMALS, random)} ${number}`;
}

function pick(words: string[], random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? '';
}

/** The domain of generated addresses. The top-level domain `invalid` is reserved (RFC 2606), so no email can arrive. */
export const GENERATED_EMAIL_DOMAIN = 'members.invalid';

/**
 * Generates an address like "amber-falcon-42.k3j9x0p2q7ab@members.invalid": as much of the name as fits, and 60 random
 * bits that keep it unique.
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

/** Returns whether an address was generated, so that no email is sent to it. */
export function isGeneratedEmail(email: string): boolean {
  return email.endsWith(`@${GENERATED_EMAIL_DOMAIN}`);
}

const LOWER_BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';
