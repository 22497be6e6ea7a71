'use client';

import { createContext, use } from 'react';
import type { Locale } from './locale';

export const LocaleContext = createContext<Locale>({ locale: 'en-US', timeZone: 'UTC' });

/** Returns the user's locale and time zone. */
export const useLocale = (): Locale => use(LocaleContext);
