// Sensors, each against its thresholds.

import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Quantity, SensorView, ShelfView } from "./api.js";
import { siteName } from "./shelf.js";
import { hex } from "./text.js";

const WIDTH = 160;
const HEIGHT = 14;

export function sensors(list: SensorView[], shelf: ShelfView): TemplateResult {
  const key = (s: SensorView) => `${s.address}/${s.lun}/${s.number}`;
  const bad = list.filter((s) => s.status !== "ok" && s.status !== "unavailable").length;
  return html`
    <section class="panel sensors" aria-labelledby="sensors-title">
      <h2 id="sensors-title">
        Sensors <small>${list.length}, ${bad === 0 ? "all within limits" : `${bad} beyond limits`}</small>
      </h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="sensors-title">
        <table>
          <thead>
            <tr><th>Where</th><th>Sensor</th><th class="number">Reading</th><th>Limits</th><th>Status</th></tr>
          </thead>
          <tbody>${repeat(list, key, (sensor) => row(sensor, shelf))}</tbody>
        </table>
      </div>
    </section>
  `;
}

function row(sensor: SensorView, shelf: ShelfView): TemplateResult {
  const slot = shelf.slots.find((s) => s.address === sensor.address && s.fru === 0);
  const where = slot ? siteName(slot) : "";
  return html`
    <tr data-sensor="${hex(sensor.address)}/${sensor.lun}/${sensor.number}" data-status=${sensor.status}>
      <td><code>${hex(sensor.address)}</code> <small>${where}</small></td>
      <th scope="row">${sensor.name}</th>
      <td class="number">${reading(sensor)}</td>
      <td class="limits">${bar(sensor)}</td>
      <td><span class="status">${sensor.status}</span></td>
    </tr>
  `;
}

function reading(sensor: SensorView): TemplateResult | string {
  if (sensor.value) return html`${rounded(sensor.value)} <small>${sensor.unit}</small>`;
  return sensor.states.join(", ") || "–";
}

/** At most three decimals: the list is for the eye, the exact value is in the interface. */
function rounded(quantity: Quantity): string {
  return String(Math.round(quantity.micro / 1000) / 1000);
}

/** The reading on a scale that goes a little beyond the outermost limits. */
function bar(sensor: SensorView): TemplateResult | typeof nothing {
  const t = sensor.thresholds;
  const micro = (quantity: Quantity | null) => quantity?.micro;
  const limits = [
    t.lower_non_recoverable, t.lower_critical, t.lower_non_critical,
    t.upper_non_critical, t.upper_critical, t.upper_non_recoverable,
  ].map(micro);
  const set = limits.filter((limit) => limit !== undefined);
  if (!sensor.value || set.length === 0) return nothing;
  const value = sensor.value.micro;
  let low = Math.min(...set, value);
  let high = Math.max(...set, value);
  // One-sided limits are drawn from zero, where a reading below them is natural.
  if (limits.slice(0, 3).every((limit) => limit === undefined)) low = Math.min(low, 0);
  const margin = (high - low || 1) * 0.08;
  [low, high] = [low - margin, high + margin];
  const x = (v: number) => ((v - low) / (high - low)) * WIDTH;
  return html`
    <svg class="bar" viewBox="0 0 ${WIDTH} ${HEIGHT}" width=${WIDTH} height=${HEIGHT} role="img"
      aria-label=${describe(sensor)}>
      ${zones(limits.map((limit) => (limit === undefined ? undefined : x(limit))))}
      <rect class="needle" x=${x(value) - 1.5} y="0" width="3" height=${HEIGHT} rx="1.5"></rect>
    </svg>
  `;
}

/** From left to right: beyond each lower limit, in between, beyond each upper limit. */
function zones(at: (number | undefined)[]): SVGTemplateResult[] {
  const kinds = ["critical", "major", "minor", "ok", "minor", "major", "critical"];
  const drawn: SVGTemplateResult[] = [];
  let from = 0;
  kinds.forEach((kind, index) => {
    const isLower = index < 3;
    // A zone below a lower limit exists when that limit does; one above an upper limit likewise.
    if (isLower && at[index] === undefined) return;
    if (index > 3 && at[index - 1] === undefined) return;
    const to = isLower ? at[index]! : (at.slice(index).find((limit) => limit !== undefined) ?? WIDTH);
    drawn.push(svg`<rect class="zone ${kind}" x=${from} y="4" width=${Math.max(0, to - from)} height=${HEIGHT - 8} />`);
    from = to;
  });
  return drawn;
}

function describe(sensor: SensorView): string {
  const limits = Object.entries(sensor.thresholds)
    .filter((entry): entry is [string, Quantity] => entry[1] !== null)
    .map(([name, quantity]) => `${name.replaceAll("_", " ")} ${rounded(quantity)}`);
  return `${sensor.value ? rounded(sensor.value) : ""} ${sensor.unit}; ${limits.join(", ")}`;
}
