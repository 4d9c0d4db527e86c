// Elements and pictures, made in script.

/** An element with attributes (true stands alone, false and null are left out)
    and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** A picture of `icons.html`; it says nothing to a screen reader. */
export function icon(name, className = 'icon') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', className);
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

/** Switches a control without taking the focus from it, as `disabled` would. */
export function allow(control, allowed) {
  control.setAttribute('aria-disabled', String(!allowed));
}

export const isAllowed = (control) => control.getAttribute('aria-disabled') !== 'true';

/** Shows a sentence, or hides its place when there is none. */
export function tell(element, text) {
  element.textContent = text ?? '';
  element.hidden = !text;
}
