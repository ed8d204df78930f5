// Two networks that learn in the plane, side by side: frames that were sent once, played without a message.
const SPEEDS = [0.5, 1, 2, 4];
const RATE = 8; // frames a second at speed 1
const NO_ANSWER = 255;
const CLASSES = ['blue', 'orange', 'violet', 'green', 'red', 'yellow', 'gray'];
const SHAPES = ['●', '■', '▲', '◆', '✚', '★', '○'];
const DASHES = {train: [5, 3], val: [], test: [1.5, 2.5]};
const SPLITS = {train: 'train', val: 'validation', test: 'test'};

const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
const shown = (value) => (value === null ? 'none' : value.toFixed(3));

function bytes(text) { return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)); }

function rgb(colour) {
  const parts = colour.match(/^#(..)(..)(..)$/);
  return parts ? parts.slice(1).map((part) => parseInt(part, 16)) : colour.match(/\d+/g).slice(0, 3).map(Number);
}

class Player {
  constructor(root) {
    Object.assign(this, {root, frame: 0, playing: false, seen: false, kind: 0, id: null, data: null});
    this.frames = [];
    this.panels = make('div', {className: 'panels'});
    this.sides = [0, 1].map((number) => this.side(number));
    this.panels.append(...this.sides.map((side) => side.figure));
    this.bar();
    this.hand();
    this.said = make('div', {className: 'said', role: 'status'});
    root.append(this.panels, this.controls, this.tools, this.said);
    this.handles = new Handles(this.sides.map((side) => side.layer), {
      words: (point, number) => `Point ${number + 1}, ${this.data.classes[point[2]]}, at ${this.at(point)}`,
      changed: (points, settled) => this.changed(points, settled),
    });
    this.sized = new ResizeObserver(() => this.draw());
    this.sides.forEach((side) => this.sized.observe(side.plane));
    this.watched = new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      this.run();
    }, {threshold: 0.2});
    this.watched.observe(this.panels);
    this.scheme = matchMedia('(prefers-color-scheme: dark)');
    this.repaint = () => setTimeout(() => this.draw(), 100);
    this.scheme.addEventListener('change', this.repaint);
  }

  side(number) {
    const plane = make('canvas', {className: 'plane', role: 'img', tabindex: 0});
    const layer = make('div', {className: 'layer', role: 'group', 'aria-label': 'Your own points'});
    if (number) layer.setAttribute('aria-hidden', 'true');
    const losses = make('canvas', {className: 'losses', role: 'img'});
    const name = make('b'), numbers = make('span', {className: 'numbers'});
    const caption = make('figcaption', {}, name, numbers);
    const figure = make('figure', {}, caption, make('div', {className: 'stage'}, plane, layer), losses);
    plane.addEventListener('keydown', (event) => this.key(event));
    plane.addEventListener('click', (event) => this.click(event, layer));
    return {figure, plane, layer, losses, name, numbers};
  }

  bar() {
    const button = (text, label, act) => {
      const element = make('button', {type: 'button', text, 'aria-label': label, title: label});
      element.addEventListener('click', act);
      return element;
    };
    this.back = button('‹', 'One step back', () => this.go(this.frame - 1));
    this.play = button('Play', 'Play', () => this.toggle());
    this.play.className = 'play';
    this.forth = button('›', 'One step forward', () => this.go(this.frame + 1));
    this.scrubber = make('input', {type: 'range', min: 0, max: 1, value: 0, 'aria-label': 'Step of the training'});
    this.scrubber.addEventListener('input', () => this.go(Number(this.scrubber.value)));
    this.now = make('output', {className: 'now'});
    this.speed = make('select', {'aria-label': 'Speed'});
    for (const speed of SPEEDS) this.speed.append(make('option', {value: speed, text: `${speed} ×`}));
    this.speed.value = 1;
    this.key_ = make('span', {className: 'key'});
    this.controls = make('div', {className: 'bar', role: 'group', 'aria-label': 'Playing the training'},
      this.back, this.play, this.forth, this.scrubber, this.now, this.speed);
  }

  hand() {
    this.kinds = make('div', {className: 'kinds', role: 'radiogroup', 'aria-label': 'Class of a new point'});
    const button = (text, act) => {
      const element = make('button', {type: 'button', text});
      element.addEventListener('click', act);
      return element;
    };
    this.adding = button('Add a point', () => this.add([2048, 2048]));
    this.removing = button('Remove it', () => this.handles.remove(this.handles.last));
    this.clearing = button('Remove all', () => { this.handles.set([]); this.changed([], true); });
    this.hint = make('span', {className: 'hint'});
    this.tools = make('div', {className: 'tools', role: 'group', 'aria-label': 'Points of your own'},
      this.kinds, this.adding, this.removing, this.clearing, this.hint);
  }

  // ---------------------------------------------------------------- what is sent

  take(data, send) {
    this.send = send;
    const changed = data.id !== this.id;
    this.data = data;
    if (changed) {
      this.id = data.id;
      this.frames = data.sides.map((side) => bytes(side.frames));
      this.legend();
      this.frame = calm() ? data.steps.length - 1 : 0;
      this.playing = !calm();
    }
    this.handles.most = data.most;
    this.handles.set(data.points);
    this.adjust();
    this.go(this.frame, true);
    this.run();
  }

  legend() {
    const {classes, steps, sides} = this.data;
    this.scrubber.max = steps.length - 1;
    this.kind = Math.min(this.kind, classes.length - 1);
    this.kinds.replaceChildren(...classes.map((name, kind) => {
      const radio = make('input', {type: 'radio', name: 'kind', value: kind});
      radio.checked = kind === this.kind;
      radio.addEventListener('change', () => { this.kind = kind; });
      const mark = make('i', {text: SHAPES[kind % SHAPES.length], 'aria-hidden': 'true'});
      mark.dataset.kind = kind % CLASSES.length;
      return make('label', {}, radio, mark, make('span', {text: name}));
    }));
    sides.forEach((side, number) => {
      this.sides[number].name.textContent = side.name;
      this.sides[number].figure.dataset.role = side.role;
    });
  }

  at([across, up]) {
    const {ends, axes} = this.data, share = [across / FULL, up / FULL];
    return share.map((part, axis) => {
      const value = ends[axis][0] + part * (ends[axis][1] - ends[axis][0]);
      return `${axes[axis]} ${Number(value.toPrecision(3))}`;
    }).join(', ');
  }

  // ---------------------------------------------------------------- playing

  last() { return this.data.steps.length - 1; }

  toggle() {
    if (!this.playing && this.frame === this.last()) this.frame = 0;
    this.playing = !this.playing;
    this.go(this.frame, this.playing);
    this.run();
  }

  run() {
    this.play.textContent = this.playing ? 'Pause' : 'Play';
    this.play.setAttribute('aria-label', this.play.textContent);
    this.play.title = this.play.textContent;
    clearTimeout(this.timer);
    if (!this.playing || !this.seen) return;
    this.timer = setTimeout(() => {
      if (this.frame < this.last()) this.go(this.frame + 1, true);
      this.playing = this.frame < this.last();
      if (!this.playing) this.say();
      this.run();
    }, 1000 / RATE / Number(this.speed.value));
  }

  // Show a frame; one that a person chose ends the playing, and is said.
  go(frame, played = false) {
    this.frame = Math.max(0, Math.min(this.last(), frame));
    if (!played) {
      this.playing = false;
      this.run();
      this.say();
    }
    this.scrubber.value = this.frame;
    const step = this.data.steps[this.frame];
    this.now.textContent = `step ${step} of ${this.data.steps[this.last()]}`;
    this.scrubber.setAttribute('aria-valuetext', this.now.textContent);
    this.draw();
  }

  key(event) {
    const acts = {
      ' ': () => this.toggle(), ArrowLeft: () => this.go(this.frame - 1), ArrowRight: () => this.go(this.frame + 1),
      Home: () => this.go(0), End: () => this.go(this.last()),
    };
    if (!acts[event.key]) return;
    acts[event.key]();
    event.preventDefault();
  }

  words(number) {
    const {sides, steps, classes} = this.data, side = sides[number];
    const losses = Object.keys(SPLITS).filter((split) => side[split][this.frame] !== null)
      .map((split) => `${SPLITS[split]} loss ${shown(side[split][this.frame])}`);
    const shares = classes.map((name, kind) => `${name} on ${Math.round(100 * side.shares[this.frame][kind])} %`);
    const ended = losses.length ? losses.join(', ') : 'it has stopped';
    return `${side.name} at step ${steps[this.frame]}: ${ended}; of the plane ${shares.join(', ')}.`;
  }

  say() { this.said.textContent = `${this.words(0)} ${this.words(1)}`; }

  // ---------------------------------------------------------------- points of one's own

  click(event, layer) {
    const [across, up] = this.handles.place(event, layer);
    this.handles.add([across, up, this.kind]);
    this.adjust();
  }

  add([across, up]) {
    const far = 160 * this.handles.points.length % 1600; // beside the one that was added before
    if (this.handles.add([across + far, up, this.kind])) this.sides[0].layer.lastChild.focus();
    this.adjust();
  }

  changed(points, settled) {
    this.adjust();
    if (settled) this.send(points.map((point) => [...point]));
  }

  adjust() {
    const {points, most} = this.handles;
    this.adding.disabled = points.length >= most;
    this.removing.hidden = this.clearing.hidden = !points.length;
    this.hint.textContent = points.length >= most
      ? `${most} points are as many as there may be.`
      : points.length ? 'Drag a point, or move it by arrow keys; Delete removes it.' : 'Or click in a picture.';
  }

  // ---------------------------------------------------------------- drawing

  draw() {
    if (!this.data || !this.sides[0].plane.clientWidth) return;
    const ink = inks(this.root);
    this.sides.forEach((side, number) => {
      this.drawPlane(side.plane, number, ink);
      this.drawLosses(side.losses, number, ink);
      const {train, val} = this.data.sides[number];
      const stopped = this.data.sides[number].stopped;
      side.numbers.textContent = val[this.frame] === null && train[this.frame] === null
        ? stopped : `train ${shown(train[this.frame])}, validation ${shown(val[this.frame])}`;
      side.plane.setAttribute('aria-label', `${this.words(number)} ${this.data.words}`);
      side.losses.setAttribute('aria-label', `Losses by step, ${this.data.sides[number].name}.`);
    });
  }

  drawPlane(canvas, number, ink) {
    const {pen, width, height} = fresh(canvas);
    const {side, levels, classes, rows, ends} = this.data;
    const cells = this.frames[number].subarray(this.frame * side * side, (this.frame + 1) * side * side);
    const small = this.small ||= document.createElement('canvas');
    small.width = small.height = side;
    const image = new ImageData(side, side), tints = classes.map((_, kind) => rgb(ink[CLASSES[kind % CLASSES.length]]));
    for (let cell = 0; cell < cells.length; cell += 1) {
      if (cells[cell] === NO_ANSWER) continue;
      const kind = Math.floor(cells[cell] / levels), sure = (cells[cell] % levels) / (levels - 1);
      const row = side - 1 - Math.floor(cell / side), at = 4 * (row * side + cell % side);
      image.data.set([...tints[kind], 18 + 130 * sure], at);
    }
    small.getContext('2d').putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = true;
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(small, 0, 0, width, height);
    this.drawLine(pen, cells, width, height, ink);
    const [[x0, x1], [y0, y1]] = ends;
    rows.forEach(([x, y, kind]) => {
      const place = [(x - x0) / (x1 - x0) * width, (1 - (y - y0) / (y1 - y0)) * height];
      mark(pen, ...place, kind, ink[CLASSES[kind % CLASSES.length]], ink.ground);
    });
  }

  // The line between two classes, where the cells' own lie on both sides of it.
  drawLine(pen, cells, width, height, ink) {
    const {side, levels, classes} = this.data;
    pen.strokeStyle = ink.text;
    pen.lineWidth = 1.5;
    pen.beginPath();
    const kinds = classes.length === 2 ? [0] : classes.map((_, kind) => kind);
    const cross = (a, b) => a / (a - b);
    for (const kind of kinds) {
      const value = (cell) => {
        const sure = (cells[cell] % levels) / (levels - 1) + 1e-3;
        return Math.floor(cells[cell] / levels) === kind ? sure : -sure;
      };
      for (let row = 0; row < side - 1; row += 1) {
        for (let column = 0; column < side - 1; column += 1) {
          const at = row * side + column;
          const corners = [value(at), value(at + 1), value(at + side + 1), value(at + side)];
          if (corners.every((v) => v > 0) || corners.every((v) => v < 0)) continue;
          const places = [[0, 0], [1, 0], [1, 1], [0, 1]], hits = [];
          for (let edge = 0; edge < 4; edge += 1) {
            const [a, b] = [corners[edge], corners[(edge + 1) % 4]];
            if ((a > 0) === (b > 0)) continue;
            const [from, to] = [places[edge], places[(edge + 1) % 4]], part = cross(a, b);
            hits.push([from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1])]);
          }
          for (let hit = 0; hit + 1 < hits.length; hit += 2) {
            for (const [name, [across, up]] of [['moveTo', hits[hit]], ['lineTo', hits[hit + 1]]]) {
              pen[name]((column + across + 0.5) / side * width, (1 - (row + up + 0.5) / side) * height);
            }
          }
        }
      }
    }
    pen.stroke();
  }

  drawLosses(canvas, number, ink) {
    const {pen, width, height} = fresh(canvas);
    const {steps, sides, top} = this.data, side = sides[number], end = steps[this.last()];
    const left = 30, right = width - 8, low = height - 18, high = 6;
    const x = (step) => left + (right - left) * step / end, y = (loss) => low - (low - high) * Math.min(loss, top) / top;
    pen.font = `11px ${ink.font}`;
    pen.strokeStyle = ink.rule;
    pen.lineWidth = 1;
    pen.fillStyle = inks(canvas).text;
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (const loss of [0, top / 2, top]) {
      pen.beginPath();
      pen.moveTo(left, y(loss));
      pen.lineTo(right, y(loss));
      pen.stroke();
      pen.fillText(`${Number(loss.toPrecision(2))}`, left - 5, y(loss));
    }
    pen.textBaseline = 'top';
    pen.textAlign = 'left';
    pen.fillText('0', left, low + 5);
    pen.textAlign = 'right';
    pen.fillText(`step ${end}`, right, low + 5);
    const colour = side.role === 'technique' ? ink.green : side.role === 'mistake' ? ink.red : ink.gray;
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 2;
    for (const split of Object.keys(SPLITS)) {
      pen.setLineDash(DASHES[split]);
      pen.beginPath();
      let up = false;
      side[split].forEach((loss, frame) => {
        if (loss === null || loss > 4 * top) { up = false; return; }
        pen[up ? 'lineTo' : 'moveTo'](x(steps[frame]), y(loss));
        up = true;
      });
      pen.stroke();
    }
    pen.setLineDash([]);
    const now = x(steps[this.frame]);
    pen.strokeStyle = ink.text;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(now, high);
    pen.lineTo(now, low);
    pen.stroke();
    for (const split of Object.keys(SPLITS)) {
      const loss = side[split][this.frame];
      if (loss === null) continue;
      pen.beginPath();
      pen.arc(now, y(loss), 3.5, 0, 7);
      pen.fill();
    }
  }

  end() {
    clearTimeout(this.timer);
    this.sized.disconnect();
    this.watched.disconnect();
    this.scheme.removeEventListener('change', this.repaint);
  }
}

// A row of the data: its class by colour and by shape.
function mark(pen, x, y, kind, colour, ground) {
  pen.beginPath();
  const r = 3.6;
  if (kind % 3 === 0) pen.arc(x, y, r, 0, 7);
  else if (kind % 3 === 1) pen.rect(x - r, y - r, 2 * r, 2 * r);
  else {
    pen.moveTo(x, y - r - 1);
    pen.lineTo(x + r + 1, y + r);
    pen.lineTo(x - r - 1, y + r);
    pen.closePath();
  }
  pen.fillStyle = colour;
  pen.fill();
  pen.strokeStyle = ground;
  pen.lineWidth = 1;
  pen.stroke();
}

export default function ({parentElement, data, setTriggerValue}) {
  const root = parentElement.querySelector('.boundary');
  root.player ||= new Player(root);
  root.player.take(data, (points) => setTriggerValue('moved', points));
  return () => { root.player.end(); delete root.player; root.replaceChildren(); };
}
