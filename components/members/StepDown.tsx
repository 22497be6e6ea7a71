import { useLocale } from '@/components/ui/useLocale';

/** The number of owners that are named; the rest is counted. */
const NAMED = 3;

type Props = { others: { name: string }[] | undefined };

/** Tells owners who step down who can restore their role: another owner, or they themselves if there is none. */
export function StepDown({ others }: Props) {
  const { locale } = useLocale();
  if (others === undefined) return null;
  if (others.length === 0) {
    return (
      <p>
        You’re the only active owner. The team has no owner until you take the role back: from the banner, or under
        Teams in your account settings. Members keep sending and recharging.
      </p>
    );
  }
  const names = others.slice(0, NAMED).map(({ name }) => name);
  const more = others.length - names.length;
  const list = new Intl.ListFormat(locale).format(more > 0 ? [...names, `${more} more`] : names);
  return <p>Only another owner can make you an owner again: {list}. You can’t take the role back yourself.</p>;
}
