/** These properties come from style sheets, so a saved file must carry their computed values. */
const STYLE_PROPERTIES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'font-variant',
  'text-anchor',
  'color',
  'visibility',
];
const SVG = 'http://www.w3.org/2000/svg';

/**
 * Saves a figure as one SVG file: drawings keep their places, and images are embedded as PNG.
 * @returns undefined for a figure without drawings and images
 */
export function svgFile(figure: HTMLElement, background: string): string | undefined {
  const drawings = [...figure.querySelectorAll<SVGSVGElement | HTMLCanvasElement>('svg, canvas')]
    .filter((element) => element.parentElement?.closest('svg') === null)
    .filter((element) => element.closest('[data-not-saved]') === null);
  if (drawings.length === 0) return undefined;
  const places = drawings.map((each) => each.getBoundingClientRect());
  const left = Math.min(...places.map((place) => place.left));
  const top = Math.min(...places.map((place) => place.top));
  const width = Math.max(...places.map((place) => place.right)) - left;
  const height = Math.max(...places.map((place) => place.bottom)) - top;
  const file = element('svg');
  set(file, { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` });
  const paper = element('rect');
  set(paper, { width, height, fill: background });
  file.append(paper);
  for (const [i, each] of drawings.entries()) {
    const { left: x, top: y, width: wide, height: high } = places[i]!;
    const part = each instanceof HTMLCanvasElement ? rasterImage(each) : styledCopy(each);
    set(part, { x: x - left, y: y - top, width: wide, height: high });
    file.append(part);
  }
  return new XMLSerializer().serializeToString(file);
}

function rasterImage(canvas: HTMLCanvasElement): SVGElement {
  const image = element('image');
  set(image, { href: canvas.toDataURL(), preserveAspectRatio: 'none' });
  image.style.imageRendering = 'pixelated';
  return image;
}

function styledCopy(drawing: SVGSVGElement): SVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = [drawing, ...drawing.querySelectorAll('*')];
  const copies = [copy, ...copy.querySelectorAll('*')];
  for (const [i, original] of originals.entries()) {
    const style = getComputedStyle(original);
    for (const property of STYLE_PROPERTIES)
      copies[i]!.setAttribute(property, style.getPropertyValue(property));
    copies[i]!.removeAttribute('class');
  }
  return copy;
}

/** The element belongs to a separate document. In the page, the browser would load the images, which the policy forbids. */
function element(name: 'svg' | 'rect' | 'image'): SVGElement {
  return document.implementation.createHTMLDocument().createElementNS(SVG, name);
}

function set(element: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
