import type { Hono } from 'hono';
import type { z } from 'zod';
import type { createRoutes } from './app.js';
import type { Operation } from './operation.js';

/**
 * The interface as a client in TypeScript sees it, inferred from the declarations of the routes:
 * `hc<Contract>(url)` of `hono/client`. Of an answer it has the JSON; a client gets other types of answer
 * by the header `Accept`.
 */
export type Contract = Hono<object, ContractSchema, '/'>;

type Routes = ReturnType<typeof createRoutes>[number];

type ContractSchema = {
  [Path in Routes['path']]: {
    [Of in Extract<Routes, { path: Path }> as `$${Lowercase<Of['method']>}`]: {
      input: ParamsOf<Path> & QueryOf<Of> & BodyOf<Of>;
      output: AnswerOf<Of>;
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

type AnswerOf<Of extends Pick<Operation, 'answers'>> = JsonIn<Of['answers'][keyof Of['answers']]>;
type JsonIn<Answer> = Answer extends {
  content: { 'application/json': infer Body extends z.ZodType };
}
  ? z.output<Body>
  : never;
