import { curlExample } from './curl.js';
import type { OpenapiDocument, OperationObject, Schema } from './document.js';
import { escaped, schemaTable, typeText } from './schema-table.js';
import { REFERENCE } from './tags.js';

type Content = NonNullable<OperationObject['requestBody']>['content'];

/**
 * The API reference in Markdown.
 * @returns each page by its name, such as `api-jobs.md`
 */
export function referencePages(document: OpenapiDocument): ReadonlyMap<string, string> {
  const pages = REFERENCE.map(({ tag, title }) => {
    const about = document.tags.find(({ name }) => name === tag)?.description ?? '';
    const operations = operationsOf(document, tag).map((each) => operationText(each, document));
    return [`api-${tag}.md`, [`# ${title}`, about, ...operations].join('\n\n')] as const;
  });
  return new Map([
    ['api.md', overview(document)],
    ...pages,
    ['api-schemas.md', schemasPage(document)],
  ]);
}

interface Located {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

/** Routes of one version of a model repeat those of the latest one, and are left out. */
function operationsOf({ paths }: OpenapiDocument, tag: string): Located[] {
  return Object.entries(paths)
    .filter(([path]) => !path.includes('/versions/'))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
    )
    .filter(({ operation }) => operation.tags.includes(tag));
}

function overview(document: OpenapiDocument): string {
  const lists = REFERENCE.map(({ tag, title }) => {
    const rows = operationsOf(document, tag).map(({ method, path, operation }) => {
      const { summary } = operation;
      return `| [\`${heading(method, path)}\`](./api-${tag}.md#${anchor(operation)}) | ${escaped(summary)} |`;
    });
    return [`## ${title}`, '', '| request | what it does |', '|---|---|', ...rows].join('\n');
  });
  return [
    '# API reference',
    'The service makes this reference from the schemas with which it reads requests. A running service has ' +
      'the same as a document, [`/openapi.json`](../openapi.json){target="_self"}, and as a page to try ' +
      'requests, [`/docs`](../docs){target="_self"}.',
    'Each route of a model also exists for one version, under `/v1/models/{model}/versions/{version}`. ' +
      'Where the service has [keys](./serve.md#keys), send one: `-H "Authorization: Bearer <key>"`.',
    ...lists,
  ].join('\n\n');
}

function heading(method: string, path: string): string {
  return `${method.toUpperCase()} ${path}`;
}

function anchor({ operationId }: OperationObject): string {
  return operationId.toLowerCase();
}

function operationText({ method, path, operation }: Located, document: OpenapiDocument): string {
  const { summary, description, requestBody, responses } = operation;
  const answered = Object.entries(responses).flatMap(([status, answer]) =>
    '$ref' in answer ? [] : [{ status, answer }],
  );
  const answers = answered.map(({ status, answer }) =>
    [`**Answer ${status}**: ${escaped(answer.description)}`, contentText(answer.content ?? {})]
      .filter((part) => part !== '')
      .join('\n\n'),
  );
  const parts = [
    `## ${escaped(summary)} {#${anchor(operation)}}`,
    code('http', heading(method, path)),
    description === undefined ? '' : escaped(description),
    code('sh', curlExample(method, path, operation)),
    parametersText(operation),
    requestBody ? `**Body**${requestBody.required ? '' : ', optional'}` : '',
    contentText(requestBody?.content ?? {}),
    ...answers,
    errorsText(operation, document),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function parametersText({ parameters }: OperationObject): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(
    ({ name, in: where, required, schema, description }) =>
      `| \`${name}\` | ${where}${required ? '' : ', optional'} | ${typeText(schema)} | ${escaped(description)} |`,
  );
  return ['| parameter | in | type | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** Media types with the same schema share a description. */
function contentText(content: Content): string {
  const bySchema = new Map<string, { schema: Schema; types: string[] }>();
  for (const [type, { schema }] of Object.entries(content)) {
    const key = JSON.stringify(schema);
    const entry = bySchema.get(key) ?? { schema, types: [] };
    entry.types.push(`\`${type}\``);
    bySchema.set(key, entry);
  }
  return [...bySchema.values()]
    .map(({ schema, types: named }) => {
      const types = named.join(', ');
      return [`${types}: ${typeText(schema)}`, schemaTable(schema)].filter(Boolean).join('\n\n');
    })
    .join('\n\n');
}

function errorsText({ responses }: OperationObject, document: OpenapiDocument): string {
  const errors = Object.entries(responses).flatMap(([status, answer]) => {
    if (!('$ref' in answer)) return [];
    const name = answer.$ref.slice(answer.$ref.lastIndexOf('/') + 1);
    return [`${status} ${document.components.responses[name]?.description ?? ''}`.trim()];
  });
  return errors.length === 0 ? '' : `**Errors**: ${errors.join(', ')}.`;
}

function schemasPage({ components }: OpenapiDocument): string {
  const sections = Object.entries(components.schemas).map(([name, schema]) =>
    [`## ${name}`, escaped(schema.description ?? ''), schemaTable(schema) || typeText(schema)]
      .filter((part) => part !== '')
      .join('\n\n'),
  );
  return ['# Schemas', 'What requests and answers have in common, by name.', ...sections].join(
    '\n\n',
  );
}

function code(language: string, text: string): string {
  return [`\`\`\`${language}`, text, '```'].join('\n');
}
