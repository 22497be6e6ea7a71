import { DEMO_EMAIL } from '@/server/domain/identity/sessions/rules';
import type { WrittenRule } from '@/server/domain/billing/auto-recharge/schema';
import type { Country, Topic } from './texts';

/** One member of the demo. Days count from the beginning of its history. */
export type DemoMember = {
  /** Omitted where the product generates name and address; `externalId` then identifies the member. */
  name?: string;
  email?: string;
  externalId?: string;
  metadata?: Record<string, string>;
  joins: number;
  /** Messages on a full working day. */
  pace: number;
  /** The countries of its customers, most frequent first. */
  to: Country[];
  about: Topic[];
  from?: string;
  credit?: string;
  rule?: WrittenRule;
  /** A rule that is created or replaced later than the member. */
  ruleLater?: { day: number; rule: WrittenRule };
  /** A period of inactivity; without an end it stays inactive. */
  inactive?: { from: number; until?: number };
  deleted?: number;
  /** The day on which it becomes an owner. */
  owner?: number;
};

/** The first owner, whose key and sign-in are the demo's. */
export const OWNER = { name: 'Dana Okafor', email: DEMO_EMAIL };

const filling = (threshold: string, target: string, cap?: WrittenRule['cap']): WrittenRule => ({
  threshold,
  target,
  ...(cap && { cap }),
});
const stepping = (threshold: string, amount: string, cap?: WrittenRule['cap']): WrittenRule => ({
  threshold,
  amount,
  ...(cap && { cap }),
});
const aDay = (amount: string) => ({ amount, period: 'day' as const });
const aMonth = (amount: string) => ({ amount, period: 'month' as const });

/** The member whose cap is too tight for its messages: its rule still waits when the history ends. */
export const TIGHT = 'orders@lagos-fashion.example';
/**
 * The member that receives nearly all of the team's money for a campaign, so that other rules wait for the next
 * funding.
 */
export const CAMPAIGN = 'marketing@verde-mercado.example';

const BUSINESSES: DemoMember[] = [
  {
    name: 'Harbour Logistics Rotterdam',
    email: 'dispatch@harbour-logistics.example',
    externalId: 'crm-1001',
    metadata: { plan: 'business', region: 'benelux' },
    joins: 0,
    pace: 17,
    to: ['NL', 'DE', 'GB', 'FR'],
    about: ['parcel'],
    from: 'HarbourLog',
    credit: '10.00',
    rule: filling('4.00', '12.00'),
  },
  {
    name: 'Cedar & Finch Books',
    email: 'hello@cedarandfinch.example',
    externalId: 'crm-1002',
    metadata: { plan: 'starter' },
    joins: 0,
    pace: 16,
    to: ['US', 'CA'],
    about: ['order', 'market'],
    from: 'CedarFinch',
    credit: '3.00',
    rule: stepping('0.50', '1.00'),
  },
  {
    name: 'Nordlys Apotek',
    email: 'kontakt@nordlys-apotek.example',
    externalId: 'crm-1004',
    joins: 0,
    pace: 10,
    to: ['NO', 'SE'],
    about: ['appointment', 'order'],
    from: 'Nordlys',
    credit: '8.00',
    rule: filling('3.00', '8.00', aMonth('60.00')),
  },
  {
    name: 'Fernández Óptica Sevilla',
    email: 'citas@fernandez-optica.example',
    joins: 0,
    pace: 9,
    to: ['ES', 'PT'],
    about: ['appointment'],
    from: 'OpticaFdez',
    credit: '8.00',
    rule: stepping('2.00', '2.50', aDay('10.00')),
  },
  {
    name: 'Kowalski Auto-Serwis',
    email: 'serwis@kowalski-auto.example',
    joins: 1,
    pace: 7,
    to: ['PL', 'DE'],
    about: ['appointment'],
    from: 'Kowalski',
    credit: '10.00',
  },
  {
    name: 'Boulangerie Petit-Clair',
    email: 'commande@petit-clair.example',
    joins: 1,
    pace: 8,
    to: ['FR', 'BE'],
    about: ['order', 'market'],
    from: 'PetitClair',
    credit: '6.00',
    rule: filling('2.00', '6.00'),
  },
  {
    name: 'Café Zürichberg',
    email: 'team@cafe-zuerichberg.example',
    joins: 2,
    pace: 5,
    to: ['CH', 'DE'],
    about: ['order'],
    credit: '8.00',
  },
  {
    name: 'Trattoria Da Ornella',
    email: 'ciao@da-ornella.example',
    joins: 2,
    pace: 6,
    to: ['IT', 'CH'],
    about: ['order', 'market'],
    from: 'DaOrnella',
    credit: '6.00',
    rule: stepping('1.50', '2.00', aMonth('6.00')),
  },
  {
    name: 'さくら歯科クリニック',
    email: 'reception@sakura-dental.example',
    externalId: 'crm-1011',
    metadata: { language: 'ja' },
    joins: 3,
    pace: 8,
    to: ['JP'],
    about: ['appointment'],
    from: 'Sakura',
    credit: '6.00',
    rule: filling('2.00', '7.50'),
  },
  {
    name: 'Verde Mercado São Paulo',
    email: CAMPAIGN,
    externalId: 'crm-1013',
    metadata: { plan: 'business', region: 'latam' },
    joins: 4,
    pace: 15,
    to: ['BR', 'PT'],
    about: ['market', 'order'],
    from: 'VerdeMerc',
    credit: '15.00',
  },
  {
    name: 'Oğuz Yıldırım Nakliyat',
    email: 'sevkiyat@yildirim-nakliyat.example',
    joins: 5,
    pace: 11,
    to: ['TR', 'DE'],
    about: ['parcel'],
    from: 'YILDIRIM',
    credit: '3.00',
    rule: stepping('0.75', '1.00'),
  },
  {
    name: 'Salon Nguyễn Thị Mai',
    email: 'booking@mai-salon.example',
    joins: 6,
    pace: 5,
    to: ['VN', 'AU'],
    about: ['appointment'],
    credit: '5.00',
  },
  {
    name: 'Al Noor Clinic Dubai',
    email: 'frontdesk@alnoor-clinic.example',
    externalId: 'crm-1016',
    joins: 8,
    pace: 9,
    to: ['AE', 'IN'],
    about: ['appointment', 'code'],
    from: 'AlNoor',
    credit: '5.00',
    rule: filling('2.00', '5.00', aMonth('40.00')),
  },
  {
    name: 'Bramble Lane Veterinary',
    email: 'reception@bramblelane.example',
    joins: 9,
    pace: 8,
    to: ['GB', 'IE'],
    about: ['appointment'],
    from: 'BrambleLane',
    credit: '5.00',
    rule: stepping('1.00', '2.00'),
  },
  {
    name: 'Kyiv Parcel Point 12',
    email: 'point12@kyiv-parcel.example',
    externalId: 'point-12',
    joins: 11,
    pace: 12,
    to: ['UA', 'PL'],
    about: ['parcel'],
    from: 'Point12',
    credit: '6.00',
    rule: filling('2.00', '6.00'),
  },
  {
    name: 'Hôtel du Vieux-Port',
    email: 'accueil@hotel-vieux-port.example',
    joins: 13,
    pace: 6,
    to: ['FR', 'CH', 'BE', 'IT'],
    about: ['appointment', 'code'],
    from: 'VieuxPort',
    credit: '10.00',
  },
  {
    name: 'Papadakis Travel, Athens branch',
    email: 'athens@papadakis-travel.example',
    joins: 15,
    pace: 6,
    to: ['GR', 'DE', 'GB'],
    about: ['appointment', 'market'],
    from: 'Papadakis',
    credit: '6.00',
    rule: filling('2.00', '5.00', aMonth('7.00')),
  },
  {
    name: 'Nairobi Water Kiosk',
    email: 'ops@nairobi-water.example',
    metadata: { region: 'east-africa' },
    joins: 18,
    pace: 12,
    to: ['KE'],
    about: ['order', 'code'],
    from: 'MajiKiosk',
    credit: '3.00',
    rule: stepping('0.50', '1.00', aDay('4.00')),
  },
  {
    name: 'Manila Express Desk',
    email: 'desk@manila-express.example',
    joins: 22,
    pace: 10,
    to: ['PH', 'US'],
    about: ['parcel'],
    from: 'MNLExpress',
    credit: '5.00',
    // Turned off after a dispute about who pays; the settings stay.
    rule: stepping('0.75', '1.50'),
    ruleLater: { day: 68, rule: { ...stepping('0.75', '1.50'), enabled: false } },
  },
  {
    name: 'Lagos Fashion Hub',
    email: TIGHT,
    externalId: 'crm-1024',
    metadata: { plan: 'starter', region: 'west-africa' },
    joins: 26,
    pace: 19,
    to: ['NG', 'GH', 'GB'],
    about: ['market', 'order'],
    from: 'LagosHub',
    credit: '6.00',
    rule: filling('2.00', '6.00'),
    ruleLater: { day: 62, rule: filling('3.00', '12.00', aDay('0.50')) },
  },
  {
    name: 'Helsinki Bike Repair',
    email: 'huolto@helsinki-bike.example',
    joins: 30,
    pace: 4,
    to: ['FI', 'SE'],
    about: ['order'],
    credit: '8.00',
  },
  {
    name: 'Freiwillige Feuerwehr und Katastrophenschutz Oberammergau-Unterwössen, Alarmierung und Terminverwaltung (Nebenstelle 4)',
    email: 'alarm@feuerwehr-oberammergau.example',
    joins: 33,
    pace: 5,
    to: ['DE', 'AT'],
    about: ['appointment'],
    from: 'FFW Alarm',
    credit: '6.00',
    rule: filling('3.00', '7.50'),
  },
  {
    name: 'Blåbærlia Skole',
    email: 'kontor@blaabaerlia-skole.example',
    joins: 41,
    pace: 4,
    to: ['DK', 'NO'],
    about: ['appointment'],
    credit: '6.00',
  },
];

const PEOPLE: DemoMember[] = [
  {
    name: 'Mateo Lindqvist',
    email: 'mateo.lindqvist@example.org',
    joins: 0,
    pace: 0,
    to: ['SE'],
    about: ['code'],
    owner: 6,
  },
  {
    name: 'Aiko Tanabe',
    email: 'aiko.tanabe@example.com',
    joins: 1,
    pace: 4,
    to: ['JP', 'US'],
    about: ['order'],
    credit: '8.00',
  },
  {
    name: 'Priya Raghunathan',
    email: 'priya.r@example.net',
    externalId: 'crm-1008',
    joins: 2,
    pace: 18,
    to: ['IN', 'SG'],
    about: ['code'],
    from: 'PRLOGIN',
    credit: '2.00',
    rule: stepping('0.40', '0.50', aDay('3.00')),
  },
  {
    name: 'Zanele Dlamini',
    email: 'zanele.dlamini@example.com',
    joins: 4,
    pace: 6,
    to: ['ZA'],
    about: ['appointment', 'order'],
    credit: '3.00',
    // Away for three weeks.
    inactive: { from: 35, until: 56 },
    rule: filling('1.00', '3.00'),
  },
  {
    name: 'Siobhán Ní Dhomhnaill',
    email: 'siobhan@example.org',
    joins: 10,
    pace: 4,
    to: ['IE', 'GB'],
    about: ['appointment'],
    credit: '6.00',
  },
  {
    name: 'Santiago Gómez Ibarra',
    email: 's.gomez@example.com',
    joins: 20,
    pace: 6,
    to: ['MX', 'US'],
    about: ['order', 'parcel'],
    credit: '3.00',
    rule: filling('1.00', '3.00', aMonth('20.00')),
  },
  {
    name: 'Wiremu Parata',
    email: 'wiremu.parata@example.net',
    joins: 37,
    pace: 3,
    to: ['NZ', 'AU'],
    about: ['appointment'],
    credit: '6.00',
  },
];

// Members for a till or a script, with generated names.
const TILLS: DemoMember[] = [1, 2, 3, 4, 5].map((n) => ({
  externalId: `till-0${n}`,
  metadata: { kind: 'till', shop: n < 4 ? 'Utrecht Centraal' : 'Gent Zuid' },
  joins: 5 + 7 * n,
  pace: 2 + n,
  to: n < 4 ? ['NL', 'BE'] : ['BE', 'NL', 'FR'],
  about: ['code', 'order'],
  credit: '6.00',
  ...(n % 2 === 1 && { rule: filling('2.00', '5.00') }),
}));

const GONE: DemoMember[] = [
  {
    name: 'Summer campaign',
    email: 'summer@example.com',
    joins: 12,
    pace: 8,
    to: ['ES', 'FR', 'IT'],
    about: ['market'],
    from: 'Summer',
    credit: '25.00',
    inactive: { from: 44 },
  },
  {
    name: 'Lisbon trial account',
    email: 'lisboa.trial@example.org',
    joins: 28,
    pace: 3,
    to: ['PT'],
    about: ['code'],
    credit: '4.00',
    rule: stepping('0.50', '1.00', aMonth('10.00')),
    inactive: { from: 71 },
  },
  {
    name: 'Amsterdam pop-up store',
    email: 'popup.ams@example.com',
    joins: 7,
    pace: 6,
    to: ['NL'],
    about: ['order', 'market'],
    credit: '20.00',
    deleted: 39,
  },
  {
    name: 'João Figueiredo',
    email: 'joao.figueiredo@example.net',
    joins: 16,
    pace: 4,
    to: ['PT', 'BR'],
    about: ['parcel'],
    credit: '8.00',
    deleted: 74,
  },
];

/** All members except the first owner. */
export const CAST: DemoMember[] = [...BUSINESSES, ...PEOPLE, ...TILLS, ...GONE];

/** Returns the tag that identifies a member, both in the cast and in the team. */
export const tag = (who: { email?: string; externalId?: string | null }): string =>
  who.externalId?.startsWith('till-') ? who.externalId : (who.email ?? '');
