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
 * A menu whose code is fetched when its button is pointed at or focused, and which opens at the first press: a page
 * shows many such buttons, of which few are ever pressed. What is loaded opens by itself, around the same button.
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
