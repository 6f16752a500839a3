import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Upload } from '../new-model/upload.js';
import type { Service } from '../service/service.js';
import type { Address } from './address.js';
import type { ReadCharacterization } from './characterization.js';
import type { Measuring } from './measurements.js';
import type { ChosenModel } from './models.js';

/** Objects that every part of the page uses. */
export interface Page {
  readonly service: Service;
  readonly address: Address;
  readonly measuring: Measuring;
  readonly readCharacterization: ReadCharacterization;
  readonly upload: Upload;
}

export const PageContext = createContext<Page | null>(null);
export const ModelContext = createContext<ChosenModel | null>(null);

export function usePage(): Page {
  return provided(useContext(PageContext));
}

export function useModel(): ChosenModel {
  return provided(useContext(ModelContext));
}

function provided<T>(value: T | null): T {
  if (value === null) throw new Error('used outside of its provider');
  return value;
}
