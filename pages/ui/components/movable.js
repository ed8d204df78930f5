// A plane with curves that were computed, and points in it that are moved by hand.
const DASHED = {solid: [], dashed: [5, 3], dotted: [1.5, 2.5]};

class Movable {
  constructor(root) {
    this.root = root;
    this.plane = make('canvas', {className: 'plane', role: 'img'});
    this.layer = make('div', {className: 'layer', role: 'group'});
    this.stage = make('div', {className: 'stage'}, this.plane, this.layer);
    const button = (text, act) => {
      const element = make('button', {type: 'button', text});
      element.addEventListener('click', act);
      return element;
    };
    this.adding = button('Add a point', () => {
      if (this.handles.add([2048 + 160 * (this.handles.points.length % 10), 2048, 0])) this.layer.lastChild.focus();
    });
    this.removing = button('Remove it', () => this.handles.remove(this.handles.last));
    this.resetting = button('As it was', () => this.send([]));
    this.hint = make('span', {className: 'hint'});
    this.tools = make('div', {className: 'tools'}, this.adding, this.removing, this.resetting, this.hint);
    root.append(this.stage, this.tools);
    this.handles = new Handles([this.layer], {
      words: (point, number) => `${this.data.called}${this.data.free ? ` ${number + 1}` : ''}, at ${this.at(point)}`,
      changed: (points, settled) => { if (settled) this.send(points.map((point) => [...point])); this.adjust(); },
    });
    this.plane.addEventListener('click', (event) => {
      if (this.data.free) this.handles.add([...this.handles.place(event, this.layer), 0]);
      this.adjust();
    });
    this.sized = new ResizeObserver(() => this.draw());
    this.sized.observe(this.plane);
    this.scheme = matchMedia('(prefers-color-scheme: dark)');
    this.repaint = () => setTimeout(() => this.draw(), 100);
    this.scheme.addEventListener('change', this.repaint);
  }

  take(data, send) {
    [this.data, this.send] = [data, send];
    this.layer.setAttribute('aria-label', data.called);
    this.plane.setAttribute('aria-label', data.words);
    this.stage.classList.toggle('square', data.square);
    Object.assign(this.handles, {most: data.most, least: data.least, removable: data.free});
    this.handles.set(data.points);
    this.adjust();
    this.draw();
  }

  at(point) {
    const {ends, axes} = this.data;
    return axes.map((axis, number) => {
      const [low, high] = ends[number];
      return `${axis} ${Number((low + point[number] / FULL * (high - low)).toPrecision(3))}`;
    }).join(', ');
  }

  adjust() {
    const {free, moved, most, least} = this.data, count = this.handles.points.length;
    this.adding.hidden = this.removing.hidden = !free;
    this.adding.disabled = count >= most;
    this.removing.disabled = count <= least;
    this.resetting.disabled = !moved;
    this.hint.textContent = free ? 'Drag a point, or move it by arrow keys; a click adds one, Delete removes it.'
      : 'Drag the centre, or move it by arrow keys.';
  }

  draw() {
    if (!this.data || !this.plane.clientWidth) return;
    const {pen, width, height} = fresh(this.plane), ink = inks(this.root), {ends, curves, axes, dots} = this.data;
    const [[x0, x1], [y0, y1]] = ends;
    const x = (value) => (value - x0) / (x1 - x0) * width, y = (value) => (1 - (value - y0) / (y1 - y0)) * height;
    const colours = {baseline: ink.gray, technique: ink.green, train: ink.blue, rule: ink.rule, mistake: ink.red};
    pen.strokeStyle = ink.rule;
    for (const [from, to] of [[[x(x0), y(0)], [x(x1), y(0)]], [[x(0), y(y0)], [x(0), y(y1)]]]) {
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...to);
      pen.stroke();
    }
    for (const curve of curves) {
      pen.strokeStyle = colours[curve.role];
      pen.lineWidth = curve.width;
      pen.setLineDash(DASHED[curve.dash]);
      pen.beginPath();
      curve.x.forEach((across, number) => pen[number ? 'lineTo' : 'moveTo'](x(across), y(curve.y[number])));
      pen.stroke();
    }
    pen.setLineDash([]);
    for (const dot of dots) {
      pen.fillStyle = colours[dot.role];
      pen.beginPath();
      pen.arc(x(dot.x), y(dot.y), 5, 0, 7);
      pen.fill();
    }
    pen.fillStyle = ink.text;
    pen.font = `12px ${ink.font}`;
    pen.textBaseline = 'bottom';
    pen.textAlign = 'right';
    pen.fillText(axes[0], width - 6, height - 4);
    pen.textBaseline = 'top';
    pen.textAlign = 'left';
    pen.fillText(axes[1], Math.max(x(0), 0) + 6, 4);
  }

  end() {
    this.sized.disconnect();
    this.scheme.removeEventListener('change', this.repaint);
  }
}

export default function ({parentElement, data, setTriggerValue}) {
  const root = parentElement.querySelector('.movable');
  root.movable ||= new Movable(root);
  root.movable.take(data, (points) => setTriggerValue('moved', points));
  return () => { root.movable.end(); delete root.movable; root.replaceChildren(); };
}
