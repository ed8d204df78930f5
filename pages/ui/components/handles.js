// Points in a plane that can be dragged, added and removed, by pointer, finger and keyboard.
//
// A point is [across, up, kind]: whole numbers from 0 to FULL from the left and from the bottom, and what it is one of.
const FULL = 4095;
const STEP = 41; // of an arrow key, about a hundredth of the plane; with Shift five of them
const SETTLED = 500; // milliseconds after the last key until a change counts

const within = (value) => Math.max(0, Math.min(FULL, Math.round(value)));

function make(tag, properties = {}, ...children) {
  const {className, text, ...attributes} = properties;
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function inks(host) {
  const style = getComputedStyle(host);
  const of = (name) => style.getPropertyValue(`--st-${name}-color`).trim();
  return {
    blue: of('blue'), orange: of('orange'), violet: of('violet'), green: of('green'), red: of('red'), gray: of('gray'),
    yellow: of('yellow'), text: of('text'), ground: of('background'), rule: of('border'), font: style.fontFamily,
  };
}

// A canvas as large as the screen shows it; returns what draws on it, in pixels of the page.
function fresh(canvas) {
  const {clientWidth: width, clientHeight: height} = canvas;
  const scale = Math.min(2, window.devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  return {pen, width, height};
}

class Handles {
  // layers: elements that lie over the planes; the first one's points take the keyboard's focus.
  // words(point, number): what a point is called. changed(points, settled): is called at every change.
  constructor(layers, {words, changed, removable = true, least = 0, most = Infinity}) {
    Object.assign(this, {layers, words, changed, removable, least, most, points: [], held: null, waiting: 0, last: -1});
    layers.forEach((layer, place) => {
      layer.addEventListener('pointerdown', (event) => this.grab(event, place));
      layer.addEventListener('pointermove', (event) => this.drag(event));
      for (const end of ['pointerup', 'pointercancel']) layer.addEventListener(end, (event) => this.drop(event));
      layer.addEventListener('keydown', (event) => this.key(event));
      layer.addEventListener('focusin', (event) => { this.last = this.number(event.target); });
      layer.addEventListener('focusout', () => this.settle());
    });
  }

  get busy() { return this.held !== null || this.waiting !== 0; }

  set(points) {
    if (this.busy) return;
    this.points = points.map((point) => [...point]);
    this.draw();
  }

  draw() {
    this.layers.forEach((layer, place) => {
      while (layer.children.length > this.points.length) layer.lastChild.remove();
      while (layer.children.length < this.points.length) {
        const handle = make('button', {type: 'button', className: 'handle'});
        if (place) { handle.tabIndex = -1; handle.setAttribute('aria-hidden', 'true'); }
        layer.append(handle);
      }
      this.points.forEach((point, number) => {
        const handle = layer.children[number];
        handle.style.left = `${100 * point[0] / FULL}%`;
        handle.style.bottom = `${100 * point[1] / FULL}%`;
        handle.dataset.kind = point[2] || 0;
        if (!place) handle.setAttribute('aria-label', this.words(point, number));
      });
    });
  }

  number(target) { return [...target.parentNode.children].indexOf(target); }

  place(event, layer) {
    const box = layer.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width, up = (box.bottom - event.clientY) / box.height;
    return [within(across * FULL), within(up * FULL)];
  }

  grab(event, place) {
    if (!event.target.classList.contains('handle') || event.button) return;
    this.held = {number: this.number(event.target), layer: this.layers[place], moved: false};
    this.last = this.held.number;
    event.target.setPointerCapture(event.pointerId);
  }

  drag(event) {
    if (!this.held) return;
    const {number, layer} = this.held;
    const [across, up] = this.place(event, layer);
    const point = this.points[number];
    if (point[0] === across && point[1] === up) return;
    [point[0], point[1], this.held.moved] = [across, up, true];
    this.draw();
    this.changed(this.points, false);
  }

  drop() {
    if (!this.held) return;
    const {moved} = this.held;
    this.held = null;
    if (moved) this.changed(this.points, true);
  }

  key(event) {
    if (!event.target.classList.contains('handle')) return;
    const number = this.number(event.target), point = this.points[number];
    const away = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1]}[event.key];
    if (away) {
      const far = STEP * (event.shiftKey ? 5 : 1);
      [point[0], point[1]] = [within(point[0] + far * away[0]), within(point[1] + far * away[1])];
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.settle(), SETTLED);
      this.draw();
      this.changed(this.points, false);
    } else if (this.removable && (event.key === 'Delete' || event.key === 'Backspace')) {
      this.remove(number);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // What the keyboard has moved counts, once it rests or goes elsewhere.
  settle() {
    if (!this.waiting) return;
    clearTimeout(this.waiting);
    this.waiting = 0;
    this.changed(this.points, true);
  }

  add(point) {
    if (this.points.length >= this.most) return false;
    this.points.push(point);
    this.last = this.points.length - 1;
    this.draw();
    this.changed(this.points, true);
    return true;
  }

  remove(number) {
    if (!this.removable || number < 0 || number >= this.points.length || this.points.length <= this.least) return;
    clearTimeout(this.waiting);
    this.waiting = 0;
    const focused = this.layers[0].contains(this.layers[0].getRootNode().activeElement);
    this.points.splice(number, 1);
    this.last = Math.min(number, this.points.length - 1);
    this.draw();
    if (focused && this.last >= 0) this.layers[0].children[this.last].focus();
    this.changed(this.points, true);
  }
}
