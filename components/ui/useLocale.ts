'use client';

import { createContext, use } from 'react';
import type { Place } from './locale';

export const LocaleContext = createContext<Place>({ locale: 'en-US', timeZone: 'UTC' });

/** How numbers and instants are written for the person who looks. */
export const useLocale = (): Place => use(LocaleContext);
