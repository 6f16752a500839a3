import type { Box, OnnxGraph } from './layer.js';

/** [B, C, h, w] -> [B, C, box] */
export function addCrop(graph: OnnxGraph, map: string, box: Box): string {
  const { top, left, height, width } = box;
  return graph.add('Slice', [
    map,
    graph.integers([top, left]),
    graph.integers([top + height, left + width]),
    graph.integers([2, 3]),
  ]);
}
