import type { Random } from './random';

export type Topic = 'order' | 'parcel' | 'appointment' | 'code' | 'market';

/** The message texts of the customers: `{n}` a number, `{c}` a code, `{t}` a time, `{w}` a first name. */
const TEXTS: Record<string, Partial<Record<Topic, string[]>>> = {
  en: {
    order: [
      'Hi {w}, your order {n} is ready for collection. We are open until 18:30 today.',
      'Order {n} confirmed. We will text you again when it leaves us.',
      'Thanks {w}! We have received your payment for order {n}.',
      'Hello {w}, one item of order {n} is out of stock. Reply 1 to wait for it (about five working days) or 2 for a refund. Either way nothing more is charged, and the rest of your order leaves today.',
    ],
    parcel: [
      'Your parcel {n} is out for delivery and should reach you between {t} and 18:00.',
      'Parcel {n} was handed to your neighbour. Thank you!',
      'Parcel {n} waits for you at the pick-up point. Please bring code {c} and an ID.',
      'We missed you today. Parcel {n} comes again tomorrow; to change the day reply DAY.',
    ],
    appointment: [
      'Reminder: your appointment is tomorrow at {t}. Reply C to cancel.',
      'Hi {w}, your appointment was moved to {t}. See you then!',
      'Dear {w}, please arrive ten minutes before {t} and bring your insurance card.',
    ],
    code: [
      '{c} is your sign-in code. It expires in 10 minutes. Never share it with anyone.',
      'Your verification code is {c}.',
      'Use {c} to confirm your payment. If this was not you, call us at once.',
    ],
    market: [
      'This weekend only: 20% off everything in store 🎉 Show this message at the till. Reply STOP to opt out.',
      'New arrivals are in! See you in the shop, {w} 💛 Reply STOP to opt out.',
      'Last day of our spring sale: up to 40% off until midnight, free delivery from 50.00, and a small gift with every order while stocks last. Show this message at the till. Reply STOP to opt out.',
    ],
  },
  de: {
    order: ['Hallo {w}, Ihre Bestellung {n} liegt zur Abholung bereit (bis 18:30 Uhr).'],
    parcel: [
      'Ihr Paket {n} kommt heute gegen {t} Uhr.',
      'Ankunft um {t} — Tor 3. Sendung {n}, bitte Papiere bereithalten.',
    ],
    appointment: [
      'Erinnerung: Ihr Termin ist morgen um {t} Uhr. Absage bitte mit NEIN.',
      'Übung am Donnerstag um {t} Uhr, Treffpunkt Gerätehaus. Bitte mit JA oder NEIN antworten, damit wir die Fahrzeuge besetzen können. Wer verhindert ist, meldet sich bitte auch beim Gruppenführer.',
    ],
    market: ['Urlaub gefällig? Frühbucher sparen bis Sonntag 15 % ☀️ Abmelden mit STOP.'],
  },
  fr: {
    order: ['Bonjour {w}, votre commande {n} est prête. À tout à l’heure !', 'Commande {n} bien reçue, merci !'],
    appointment: [
      'Rappel : rendez-vous demain à {t}. Répondez NON pour annuler.',
      'Votre chambre vous attend dès {t}. Bon voyage, {w} !',
    ],
    code: ['{c} est votre code. Il expire dans 10 minutes.'],
    market: ['Samedi, une galette offerte pour deux achetées 🥐 STOP au 36111'],
  },
  nl: {
    order: ['Hoi {w}, je bestelling {n} ligt klaar. Tot zo!'],
    parcel: ['Je pakket {n} wordt vandaag rond {t} bezorgd.', 'Zending {n} staat gepland op {t}, dock 4.'],
    code: ['{c} is je code. Deel hem met niemand.'],
    market: ['Alleen dit weekend: 2 halen, 1 betalen 🎈 Afmelden: STOP'],
  },
  es: {
    order: ['Hola {w}, tu pedido {n} está listo para recoger.', 'Gracias, {w}. Pedido {n} confirmado.'],
    parcel: ['Tu paquete {n} llega hoy hacia las {t}.'],
    appointment: [
      'Recordatorio: su cita es mañana a las {t}. Responda NO para anular.',
      'Sus gafas ya están listas, {w}. Le esperamos hasta las 20:00.',
    ],
    market: ['¡Solo hoy! 30 % en toda la tienda 🌞 Baja: STOP'],
  },
  pt: {
    order: ['Olá {w}, o seu pedido {n} já saiu para entrega.', 'Pedido {n} confirmado. Obrigado!'],
    parcel: ['A sua encomenda {n} chega hoje por volta das {t}.'],
    appointment: ['Lembrete: a sua consulta é amanhã às {t}.'],
    code: ['{c} é o seu código. Não o partilhe com ninguém.'],
    market: [
      'Feira da semana: frutas com 25% de desconto até domingo 🥭🍌 Responda SAIR para não receber.',
      'Oi {w}! Entrega grátis hoje acima de R$ 80 🛒 Responda SAIR para não receber.',
    ],
  },
  it: {
    order: ['Ciao {w}, il tuo ordine {n} è pronto. Ti aspettiamo!', 'Tavolo confermato per le {t}. A presto, {w}!'],
    appointment: ['Promemoria: la aspettiamo domani alle {t}.'],
    market: ['Giovedì gnocchi! Prenota entro le 17 e il dolce è offerto 🍰 STOP per uscire'],
  },
  pl: {
    parcel: ['Paczka {n} czeka w punkcie. Kod odbioru: {c}.'],
    appointment: [
      'Przypominamy: wizyta jutro o {t}. Aby odwołać, odpisz NIE.',
      'Samochód gotowy do odbioru. Zapraszamy do {t}.',
    ],
  },
  tr: { parcel: ['{n} no’lu gönderiniz bugün saat {t} civarında teslim edilecek.', 'Gönderi {n} depomuzdan çıktı.'] },
  no: {
    appointment: ['Husk timen i morgen kl. {t}. Svar NEI for å avbestille.'],
    order: ['Hei {w}, bestilling {n} er klar til henting.'],
  },
  da: { appointment: ['Husk forældremødet i morgen kl. {t}. Svar NEJ, hvis du ikke kan komme.'] },
  sv: { appointment: ['Påminnelse: din tid är i morgon kl. {t}. Svara NEJ för att avboka.'] },
  fi: { order: ['Hei {w}, pyöräsi on valmis. Tilaus {n}, avoinna klo 18 asti.'] },
  ja: {
    order: ['{w}様、ご注文{n}の準備ができました。'],
    appointment: [
      '明日{t}にご予約があります。変更はお電話でお願いいたします。',
      '定期検診の時期です。ご予約をお待ちしております🦷',
    ],
  },
  el: {
    appointment: ['Υπενθύμιση: το ραντεβού σας είναι αύριο στις {t}.'],
    market: ['Προσφορά ταξιδιών ως την Κυριακή! ✈️ STOP για διαγραφή'],
  },
  uk: { parcel: ['Посилка {n} прибула до відділення №12. Код отримання: {c}.'] },
  ar: { appointment: ['تذكير: موعدكم غدًا الساعة {t}.'], code: ['رمز التحقق الخاص بك هو {c}'] },
  vi: { appointment: ['Nhắc lịch hẹn: ngày mai lúc {t}. Hẹn gặp {w}!'] },
};

/** The countries the demo sends to: the language, and the fixed and random digits of a mobile number. */
const COUNTRIES = {
  AE: ['ar', '+97150', 7],
  AT: ['de', '+43664', 7],
  AU: ['en', '+6149157', 4],
  BE: ['fr', '+32470', 6],
  BR: ['pt', '+551199', 7],
  CA: ['en', '+141655501', 2],
  CH: ['de', '+4179', 7],
  DE: ['de', '+4917604069', 3],
  DK: ['da', '+4520', 6],
  ES: ['es', '+34612', 6],
  FI: ['fi', '+35840', 7],
  FR: ['fr', '+3363998', 4],
  GB: ['en', '+447700900', 3],
  GH: ['en', '+23324', 7],
  GR: ['el', '+30694', 7],
  IE: ['en', '+35385', 7],
  IN: ['en', '+9198', 8],
  IT: ['it', '+39347', 7],
  JP: ['ja', '+8190', 8],
  KE: ['en', '+254712', 6],
  MX: ['es', '+5255', 8],
  MY: ['en', '+6012', 7],
  NG: ['en', '+234803', 7],
  NL: ['nl', '+316', 8],
  NO: ['no', '+479', 7],
  NZ: ['en', '+6421', 7],
  PH: ['en', '+63917', 7],
  PL: ['pl', '+48512', 6],
  PT: ['pt', '+35191', 7],
  SE: ['sv', '+46701740', 3],
  SG: ['en', '+6591', 6],
  TR: ['tr', '+90532', 7],
  UA: ['uk', '+38050', 7],
  US: ['en', '+141555501', 2],
  VN: ['vi', '+8490', 7],
  ZA: ['en', '+2782', 7],
} as const satisfies Record<string, [string, string, number]>;

export type Country = keyof typeof COUNTRIES;

/** Returns a number that the sandbox delivers to: it has none of the endings that fail or stay silent. */
export function phoneNumber(country: Country, random: Random): string {
  const [, begins, open] = COUNTRIES[country];
  const number = begins + Array.from({ length: open }, () => random.below(10)).join('');
  return /000[12]$/.test(number) ? `${number.slice(0, -1)}7` : number;
}

const NAMES =
  `Ada Amir Ana Bela Bruno Chen Daan Elif Emma Femi Hana Ines Ivan Jonas Kofi Lars Lea Maria Mia Nils Nora Olga
Paul Rosa Sam Sofia Tariq Tom Vera Yara Yusuf Zoe`.split(/\s+/);

/** Returns a text for a recipient in a country: in its language if the sender has one, otherwise in English. */
export function write(topic: Topic, country: Country, random: Random): string {
  const [language] = COUNTRIES[country];
  const text = random.pick(TEXTS[language]?.[topic] ?? TEXTS['en']![topic]!);
  const digits = (count: number) => Array.from({ length: count }, () => random.below(10)).join('');
  const words: Record<string, () => string> = {
    n: () => `${1 + random.below(9)}${digits(4)}`,
    c: () => digits(6),
    t: () => `${8 + random.below(10)}:${random.pick(['00', '15', '30', '45'])}`,
    w: () => random.pick(NAMES),
  };
  return text.replace(/\{(\w)\}/g, (_, word: string) => words[word]!());
}
