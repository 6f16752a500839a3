import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

interface OperationObject {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string }[];
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, AnswerObject | { readonly $ref: string }>>;
}

interface AnswerObject {
  readonly headers: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

/** The parts of an OpenAPI document that tests read. */
export interface Document {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, AnswerObject>>;
  };
}

/** Checks responses against a document. */
export function createContract(document: Document) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  const compiled = new Map<string, ValidateFunction>();

  /**
   * The parts of a response that the document does not describe.
   * @param path as in the document, `/v1/models/{model}`
   */
  async function differences(method: string, path: string, answer: Response): Promise<string[]> {
    const operation = document.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) return [`${method} ${path} is not documented`];
    const { status } = answer;
    const answered = operation.responses[String(status)];
    const reported =
      answered && '$ref' in answered
        ? document.components.responses[answered.$ref.split('/').at(-1)!]
        : answered;
    if (reported === undefined)
      return [`${method} ${path} answers ${status}: ${await answer.text()}`];
    const { content = {} } = reported;
    const type = answer.headers.get('Content-Type')?.split(';', 1)[0] ?? '';
    const bytes = await answer.arrayBuffer();
    if (Object.keys(content).length === 0) {
      return bytes.byteLength === 0 ? [] : [`${method} ${path} has a body with ${status}`];
    }
    if (!(type in content)) return [`${method} ${path} answers ${status} as '${type}'`];
    if (!type.endsWith('json')) return [];
    const key = `${method} ${path} ${status} ${type}`;
    const { components } = document;
    const check = compiled.get(key) ?? ajv.compile({ allOf: [content[type]?.schema], components });
    compiled.set(key, check);
    if (check(JSON.parse(new TextDecoder().decode(bytes)))) return [];
    return [`${method} ${path} ${status}: ${ajv.errorsText(check.errors)}`];
  }

  /** The path of the document that matches the path of a request. */
  function find(method: string, path: string): string | undefined {
    return Object.keys(document.paths).find((pattern) => {
      const own = new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      return own.test(path) && document.paths[pattern]?.[method.toLowerCase()] !== undefined;
    });
  }

  return { differences, find };
}
