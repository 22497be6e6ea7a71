'use client';

import { Button, Group, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { DialogHost } from '../dialogs';
import { ShortcutHost } from '../shortcuts';
import { Charts } from './Charts';
import { Dialogs } from './Dialogs';
import { Fields } from './Fields';
import { Forms } from './Forms';
import styles from './gallery.module.css';
import { Numbers } from './Numbers';
import { Pieces } from './Pieces';
import { Tables } from './Tables';

const SECTIONS: [string, ReactNode][] = [
  ['Pieces', <Pieces key="pieces" />],
  ['Numbers and instants', <Numbers key="numbers" />],
  ['Fields', <Fields key="fields" />],
  ['Forms', <Forms key="forms" />],
  ['Tables', <Tables key="tables" />],
  ['Charts', <Charts key="charts" />],
  ['Dialogs and toasts', <Dialogs key="dialogs" />],
];

/** Shows every UI component in all its states; in development only. */
export function Gallery() {
  const { setColorScheme } = useMantineColorScheme();
  return (
    <ShortcutHost>
      <DialogHost>
        <main className={styles.gallery}>
          <h1>Gallery</h1>
          <Group gap="xs">
            {(['auto', 'light', 'dark'] as const).map((scheme) => (
              <Button key={scheme} size="xs" variant="default" onClick={() => setColorScheme(scheme)}>
                {scheme}
              </Button>
            ))}
          </Group>
          {SECTIONS.map(([title, content]) => (
            <section key={title} className={styles.section} aria-label={title}>
              <h2>{title}</h2>
              {content}
            </section>
          ))}
        </main>
      </DialogHost>
    </ShortcutHost>
  );
}
