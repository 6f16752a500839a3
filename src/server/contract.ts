import type { Hono } from 'hono';
import type { z } from 'zod';
import type { Operation } from './openapi/operation.js';
import type { OPERATIONS } from './openapi/operations.js';

/**
 * The interface as a client in TypeScript sees it, inferred from the schemas that requests are read
 * with: `hc<Contract>(url)` of `hono/client`. Of an answer it has the JSON; what else an answer may be is
 * asked for by `Accept`.
 */
export type Contract = Hono<object, ContractSchema, '/'>;

type Told = typeof OPERATIONS;
type Name = keyof Told;

type PathOf<Of extends Name> = Of extends `${string} ${infer Path}` ? Path : never;
type MethodOf<Of extends Name> = Of extends `${infer Method} ${string}` ? Lowercase<Method> : never;

type ContractSchema = {
  [Path in PathOf<Name>]: {
    [Of in Name as PathOf<Of> extends Path ? `$${MethodOf<Of>}` : never]: {
      input: ParamsOf<Path> & QueryOf<Told[Of]> & BodyOf<Told[Of]>;
      output: AnswerOf<Told[Of]>;
      outputFormat: 'json';
      status: 200;
    };
  };
};

type ParamsOf<Path extends string> = [ParamIn<Path>] extends [never]
  ? object
  : { param: Record<ParamIn<Path>, string> };
type ParamIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamIn<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

type QueryOf<Of> = Of extends { query: infer Query extends z.ZodObject }
  ? { query?: { [Parameter in keyof z.input<Query>]?: string } }
  : object;

type BodyOf<Of> = Of extends {
  body: { required: infer Required; content: { 'application/json': infer Body extends z.ZodType } };
}
  ? Required extends true
    ? { json: z.input<Body> }
    : { json?: z.input<Body> }
  : object;

type AnswerOf<Of extends Operation> = JsonIn<Of['answers'][keyof Of['answers']]>;
type JsonIn<Answer> = Answer extends {
  content: { 'application/json': infer Body extends z.ZodType };
}
  ? z.output<Body>
  : never;
