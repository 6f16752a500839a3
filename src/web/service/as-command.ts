import type { SentRequest } from './service.js';

/** Writes a request as a curl command; `$KEY` replaces the API key. */
export function asCurl({ method, url, headers, body }: SentRequest, keyed: boolean): string {
  const parts = [
    method === (body ? 'POST' : 'GET') ? [] : [`-X ${method}`],
    keyed ? [`-H "Authorization: Bearer $KEY"`] : [],
    Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    body === null ? [] : bodyOptions(body),
    [quoted(url)],
  ].flat();
  const output = isNpy(headers) ? ' -o numbers.npy' : '';
  return `curl -s ${parts.join(' \\\n  ')}${output}`;
}

function bodyOptions(body: NonNullable<SentRequest['body']>): string[] {
  if ('form' in body) {
    return body.form.map((field) => {
      const value = 'text' in field ? field.text : `@${field.file}`;
      return `-F ${quoted(`${field.name}=${value}`)}`;
    });
  }
  return [`--data-binary ${quoted('json' in body ? body.json : `@${body.file}`)}`];
}

/** Writes a request in Python with requests, and numpy for .npy. */
export function asPython({ method, url, headers, body }: SentRequest, keyed: boolean): string {
  const json = body !== null && 'json' in body;
  const all = {
    ...Object.fromEntries(
      Object.entries(headers).filter(([name]) => !(json && name === 'content-type')),
    ),
    ...(keyed ? { authorization: 'Bearer ...' } : {}),
  };
  const lines = [
    isNpy(headers) ? 'import io, numpy, requests' : 'import requests',
    '',
    'answer = requests.request(',
    `    ${python(method)}, ${python(url)},`,
    ...(Object.keys(all).length > 0 ? [`    headers=${python(all)},`] : []),
    ...(body === null ? [] : [`    ${bodyArgument(body)},`]),
    ')',
    'answer.raise_for_status()',
    isNpy(headers) ? 'numbers = numpy.load(io.BytesIO(answer.content))' : 'numbers = answer.json()',
  ];
  return lines.join('\n');
}

function bodyArgument(body: NonNullable<SentRequest['body']>): string {
  if ('json' in body) return `json=${python(JSON.parse(body.json))}`;
  const opened = (file: string) => `open(${python(file)}, 'rb')`;
  if ('file' in body) return `data=${opened(body.file)}`;
  const fields = body.form.map((field) => {
    // requests sends a field without a file name as text.
    const value = 'text' in field ? `(None, ${python(field.text)})` : opened(field.file);
    return `(${python(field.name)}, ${value})`;
  });
  return `files=[${fields.join(', ')}]`;
}

function isNpy(headers: SentRequest['headers']): boolean {
  return headers['accept'] === 'application/x-npy';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function python(value: unknown): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(([name, each]) => `${python(name)}: ${python(each)}`);
    return `{${entries.join(', ')}}`;
  }
  return typeof value === 'string'
    ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    : String(value);
}
