// What happened, the latest on top.

import { html, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { EventView } from "./api.js";
import { clock, subject } from "./text.js";

/** Rows on the page; older ones are in `shelfctl events`. */
const ROWS_MAX = 100;

/** Severities whose word would need more room than it is worth. */
const SHORT: Record<string, string> = { informational: "info" };

export function events(list: EventView[]): TemplateResult {
  const latest = list.slice(-ROWS_MAX).reverse();
  return html`
    <section class="panel events" aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      <div class="scroll" tabindex="0" role="log" aria-live="polite" aria-labelledby="events-title">
        <ol>${repeat(latest, (event) => event.sequence, row)}</ol>
        ${latest.length === 0 ? html`<p class="none">Nothing has happened yet.</p>` : ""}
      </div>
    </section>
  `;
}

function row(event: EventView): TemplateResult {
  return html`
    <li data-event=${event.sequence} data-severity=${event.severity}>
      <time datetime=${new Date(event.time_us / 1000).toISOString()}>${clock(event.time_us)}</time>
      <span class="source">${event.source}</span>
      <span class="severity">${SHORT[event.severity] ?? event.severity}</span>
      <span class="text"><b title=${event.object}>${subject(event.object)}</b> ${event.text}</span>
    </li>
  `;
}
