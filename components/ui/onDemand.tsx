'use client';

import {
  cloneElement,
  lazy,
  Suspense,
  useState,
  type ComponentType,
  type HTMLAttributes,
  type ReactElement,
} from 'react';

type Target = { target: ReactElement<HTMLAttributes<HTMLElement>> };

/**
 * Creates a menu whose code is loaded when its button is hovered or focused, because a page has many such buttons and
 * few are used. The loaded menu opens itself around the same button.
 */
export function menuOnDemand<Props extends object>(load: () => Promise<ComponentType<Props & Target>>) {
  const fetched = () => load().then((component) => ({ default: component }));
  const Whole = lazy(fetched) as unknown as ComponentType<Props & Target>;
  return function MenuOnDemand(props: Props & Target) {
    const [wanted, setWanted] = useState(false);
    const { target } = props;
    const closed = cloneElement(target, { 'aria-haspopup': 'menu', 'aria-expanded': false });
    if (wanted) {
      return (
        <Suspense fallback={closed}>
          <Whole {...props} />
        </Suspense>
      );
    }
    return cloneElement(closed, {
      onPointerEnter: () => void load(),
      onFocus: () => void load(),
      onClick: () => setWanted(true),
    });
  };
}
