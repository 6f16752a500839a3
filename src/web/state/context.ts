import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Service } from '../service/service.js';
import type { Address } from './address.js';
import type { ReadBattery } from './battery.js';
import type { Measuring } from './measurements.js';
import type { ChosenModel } from './models.js';

/** What every part of the page works with. */
export interface Page {
  readonly service: Service;
  readonly address: Address;
  readonly measuring: Measuring;
  readonly readBattery: ReadBattery;
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
