'use client';

import { Instant } from '../Instant';
import { Money } from '../money/Money';
import { LocaleContext } from '@/components/ui/useLocale';
import styles from './gallery.module.css';
import { AMOUNTS, CURRENCIES, LOCALES } from './samples';

const AT = '2026-03-14T15:09:26.535Z';

export const Numbers = () => (
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrollable content must be reachable by keyboard
  <section className={styles.scroll} aria-label="Amounts, place by place" tabIndex={0}>
    {LOCALES.map((locale) => (
      <LocaleContext key={locale} value={{ locale, timeZone: 'Asia/Kathmandu' }}>
        <table className={styles.numbers}>
          <caption>
            {locale}: <Instant at={AT} />, <Instant at={AT} dateOnly />
          </caption>
          <tbody>
            {CURRENCIES.map((currency) => (
              <tr key={currency}>
                <th scope="row">{currency}</th>
                {AMOUNTS.map((amount) => (
                  <td key={String(amount)}>
                    <Money amount={amount} currency={currency} strong={amount === 12_480_220_000n} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </LocaleContext>
    ))}
  </section>
);
