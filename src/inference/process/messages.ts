import type { EngineDescription, EngineRequest } from '../engine.js';
import type { EngineChoice } from '../open-engine.js';

/** What can be asked of a process: for each kind of call what it says, and what it is answered with. */
export type Calls = Readonly<Record<string, { readonly call: object; readonly result: unknown }>>;

/** One call of a kind. */
export type CallTo<C extends Calls, Kind extends keyof C & string> = {
  readonly kind: Kind;
} & C[Kind]['call'];

/** One call of any kind. */
export type AnyCall<C extends Calls> = {
  [Kind in keyof C & string]: CallTo<C, Kind>;
}[keyof C & string];

/** What a call of some kind is answered with. */
export type ResultOf<C extends Calls> = C[keyof C & string]['result'];

/** What the service asks of the inference process. */
export type InferenceCalls = {
  readonly open: { call: { readonly choice: EngineChoice }; result: EngineDescription };
  readonly load: { call: { readonly folder: string; readonly digest: string }; result: undefined };
  readonly unload: { call: { readonly digest: string }; result: undefined };
  readonly respond: { call: { readonly request: EngineRequest }; result: Float32Array };
};

export type Question<C extends Calls> = AnyCall<C> & { readonly id: number };

export type Answer =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly message: string;
      /** Whether the message is meant for whoever asked: an InputError. */
      readonly input: boolean;
    };
