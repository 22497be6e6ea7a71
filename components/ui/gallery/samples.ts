import { toMicros, type Micros } from '@/server/domain/core/money';

/** Sample names: long, short, in several scripts and directions. */
export const NAMES = [
  'North depot',
  'x'.repeat(120),
  'Ärztekammer für Österreich und die angrenzenden Regionen, Abteilung Öffentlichkeitsarbeit',
  'شركة الاتصالات المتقدمة للرسائل القصيرة',
  'חברת המסרים של תל אביב',
  '株式会社東京メッセージングサービス',
  'ห้างหุ้นส่วนจำกัดส่งข้อความ',
  'Nguyễn Thị Mai',
  '👩‍🚒 Fire brigade',
  'A',
];

/** Sample amounts from zero to more than a real balance. */
export const AMOUNTS: Micros[] = [
  '0.00',
  '0.0005',
  '0.0395',
  '12.50',
  '-3.00',
  '12480.22',
  '1250000.00',
  '9007199254740993.123456',
].map(toMicros);

export const CURRENCIES = ['USD', 'EUR', 'JPY', 'KWD'];

export const LOCALES = ['en-US', 'de-DE', 'fr-FR', 'en-IN', 'ar-EG', 'ja-JP'];
