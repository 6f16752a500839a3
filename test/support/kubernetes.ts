import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PythonPackages } from './capabilities.js';

/** The oldest version for which manifests are checked, and a new one. */
const VERSIONS = ['1.31', '1.37'];

/** Checks manifests as strictly as a server of Kubernetes would, and returns what is wrong with them. */
export function invalidManifests({ python }: PythonPackages, folder: string, text: string): string {
  const file = path.join(folder, 'manifest.yaml');
  writeFileSync(file, text);
  return VERSIONS.map((version) => {
    const words = ['-m', 'kubernetes_validate', '--strict', '--quiet', '-k', version, file];
    const { status, stdout, stderr } = spawnSync(python, words, { encoding: 'utf8' });
    return status === 0 ? '' : `${version}: ${stdout}${stderr}`;
  }).join('');
}

/** Reads the documents of a YAML file with PyYAML. */
export function readYaml({ python }: PythonPackages, text: string): unknown[] {
  const script = 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))';
  const { stdout, stderr } = spawnSync(python, ['-c', script], { input: text, encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}
