'use client';

import { createContext, use } from 'react';
import type { Locale } from './locale';

export const LocaleContext = createContext<Locale>({ locale: 'en-US', timeZone: 'UTC' });

/** How numbers and instants are written for the person who looks. */
export const useLocale = (): Locale => use(LocaleContext);
