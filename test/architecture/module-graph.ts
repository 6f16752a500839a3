import { importedFiles, moduleOf, type Sources } from './sources.js';

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Which modules each module imports. */
export function moduleGraph(sources: Sources): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [file, text] of sources) {
    const module = moduleOf(file);
    const targets = graph.get(module) ?? new Set();
    graph.set(module, targets);
    for (const target of importedFiles(file, text).map(moduleOf)) {
      if (target !== module) targets.add(target);
    }
  }
  return graph;
}

/**
 * Draws modules and their imports as a Mermaid flowchart. An import that follows from others is left out: the
 * server imports the stimuli, but it also imports the experiments, which import the stimuli.
 */
export function drawModules(graph: Graph): string {
  const lines = [...graph].flatMap(([module, targets]) =>
    [...targets]
      .filter(
        (target) =>
          ![...targets].some((other) => other !== target && reaches(graph, other, target)),
      )
      .map((target) => `  ${module} --> ${target}`),
  );
  return ['flowchart TD', ...lines.sort()].join('\n');
}

function reaches(graph: Graph, from: string, to: string, seen = new Set<string>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return [...(graph.get(from) ?? [])].some((next) => reaches(graph, next, to, seen));
}
