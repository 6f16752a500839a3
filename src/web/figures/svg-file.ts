/** What of an element's look comes from style sheets, which a file does not have. */
const LOOKS = [
  ...['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-opacity'],
  ...['stroke-linecap', 'stroke-linejoin', 'opacity', 'font-family', 'font-size', 'font-weight'],
  ...['font-variant', 'text-anchor', 'color', 'visibility'],
];
const SVG = 'http://www.w3.org/2000/svg';

/**
 * What a figure shows, as an SVG file: its drawings where they stand, and its images as PNG inside.
 * @returns undefined where it shows none
 */
export function svgFile(figure: HTMLElement, background: string): string | undefined {
  const shown = [...figure.querySelectorAll<SVGSVGElement | HTMLCanvasElement>('svg, canvas')]
    .filter((element) => element.parentElement?.closest('svg') === null)
    .filter((element) => element.closest('[data-not-saved]') === null);
  if (shown.length === 0) return undefined;
  const places = shown.map((each) => each.getBoundingClientRect());
  const left = Math.min(...places.map((place) => place.left));
  const top = Math.min(...places.map((place) => place.top));
  const width = Math.max(...places.map((place) => place.right)) - left;
  const height = Math.max(...places.map((place) => place.bottom)) - top;
  const file = element('svg');
  set(file, { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` });
  const paper = element('rect');
  set(paper, { width, height, fill: background });
  file.append(paper);
  for (const [i, each] of shown.entries()) {
    const { left: x, top: y, width: wide, height: high } = places[i]!;
    const part = each instanceof HTMLCanvasElement ? imageOf(each) : styledCopy(each);
    set(part, { x: x - left, y: y - top, width: wide, height: high });
    file.append(part);
  }
  return new XMLSerializer().serializeToString(file);
}

function imageOf(canvas: HTMLCanvasElement): SVGElement {
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
    for (const look of LOOKS) copies[i]!.setAttribute(look, style.getPropertyValue(look));
    copies[i]!.removeAttribute('class');
  }
  return copy;
}

/** Of no page: a page would load the images, which its policy forbids. */
function element(name: 'svg' | 'rect' | 'image'): SVGElement {
  return document.implementation.createHTMLDocument().createElementNS(SVG, name);
}

function set(element: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
