import type { ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Service } from '../service/service.js';
import type { Address } from './address.js';
import type { Card } from './models.js';

/** What every part of the page works with. */
export interface Page {
  readonly service: Service;
  readonly address: Address;
  readonly dark: ReadonlySignal<boolean>;
}

/** The model that is looked at. */
export interface ChosenModel {
  readonly name: string;
  readonly version: number;
  readonly card: Card;
  /** Of its routes. */
  readonly param: { readonly model: string; readonly version: string };
}

export const PageContext = createContext<Page | null>(null);
export const ModelContext = createContext<ChosenModel | null>(null);

export function usePage(): Page {
  return there(useContext(PageContext));
}

export function useModel(): ChosenModel {
  return there(useContext(ModelContext));
}

function there<T>(value: T | null): T {
  if (value === null) throw new Error('used outside of its provider');
  return value;
}
