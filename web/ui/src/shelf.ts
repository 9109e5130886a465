// The faceplate.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { AmfView, Order, ShelfView, SlotView } from "./api.js";
import { hex, rdn, stateName } from "./text.js";

type Send = (order: Order) => void;

/** What the blue LED says, beside its light. */
const LED_TEXT = { off: "off", on: "on", "short-blink": "short", "long-blink": "long" } as const;

export function shelf(
  view: ShelfView,
  amf: AmfView,
  options: { demo: boolean; send: Send },
): TemplateResult {
  const roles = rolesByNode(amf);
  const boards = view.slots.filter((slot) => slot.site === "board" && slot.fru === 0);
  const others = view.slots.filter((slot) => slot.site !== "board" || slot.fru !== 0);
  const key = (slot: SlotView) => `${slot.site}/${slot.slot}/${slot.fru}`;
  return html`
    <section class="panel shelf" aria-labelledby="shelf-title">
      <h2 id="shelf-title">Shelf <small>${view.name}</small></h2>
      <ol class="boards">
        ${repeat(boards, key, (slot) => board(slot, roles.get(slot.node ?? ""), options))}
      </ol>
      <ul class="modules">
        ${repeat(others, key, module)}
      </ul>
    </section>
  `;
}

/** What each node is for its applications: the strongest HA state that it has. */
function rolesByNode(view: AmfView): Map<string, string> {
  const strongest = ["ACTIVE", "QUIESCING", "QUIESCED", "STANDBY"];
  const roles = new Map<string, string>();
  for (const group of view.applications.flatMap((application) => application.service_groups)) {
    const nodes = new Map(group.service_units.map((su) => [su.dn, su.node ?? ""]));
    for (const entry of group.assignments) {
      const node = nodes.get(entry.su) ?? "";
      const rank = (state: string | undefined) => (state ? strongest.indexOf(state) : strongest.length);
      if (rank(entry.ha_state) < rank(roles.get(node))) roles.set(node, entry.ha_state);
    }
  }
  return roles;
}

function board(
  slot: SlotView,
  role: string | undefined,
  { demo, send }: { demo: boolean; send: Send },
): TemplateResult {
  const isThere = slot.present;
  const title = isThere ? `${slot.name} at ${hex(slot.address)}` : "empty";
  return html`
    <li
      class="board"
      data-slot=${slot.slot}
      data-state=${isThere ? slot.state : "M0"}
      data-led=${slot.blue_led}
      data-handle=${slot.handle}
      data-present=${isThere}
      title=${title}
    >
      <div class="slot-number"><span class="hidden">Slot </span>${slot.slot}</div>
      <div class="plate">
        <span class="handle" aria-hidden="true"></span>
        <span class="board-name">
          ${isThere ? html`<b>${rdn(slot.node) || slot.name || hex(slot.address)}</b>` : "empty"}
          ${isThere && slot.node ? html`<small>${slot.name}</small>` : nothing}
        </span>
        <span class="role" data-role=${role ?? "NONE"}>${role?.toLowerCase() ?? " "}</span>
        ${led(slot)}
      </div>
      <div class="state" title=${stateName(isThere ? slot.state : "M0")}>
        ${isThere ? slot.state || "–" : "M0"}
      </div>
      <div class="position">
        ${isThere && slot.handle !== "unknown" ? `handle ${slot.handle}` : " "}
      </div>
      ${demo ? boardButtons(slot, send) : nothing}
    </li>
  `;
}

function boardButtons(slot: SlotView, send: Send): TemplateResult {
  const at = { slot: slot.slot };
  const isOpen = slot.handle === "open";
  const handle: Order = isOpen ? { "close-handle": at } : { "open-handle": at };
  const blade: Order = slot.present ? { "pull-blade": at } : { "insert-blade": at };
  return html`
    <div class="buttons">
      ${orderButton(handle, isOpen ? "Close handle" : "Open handle", slot, send)}
      ${orderButton(blade, slot.present ? "Pull" : "Insert", slot, send)}
    </div>
  `;
}

function orderButton(order: Order, text: string, slot: SlotView, send: Send): TemplateResult {
  const name = Object.keys(order)[0];
  const isHandle = name === "open-handle" || name === "close-handle";
  return html`
    <button
      type="button"
      data-order=${name}
      data-slot=${slot.slot}
      aria-label="${text}, slot ${slot.slot}"
      ?disabled=${isHandle && !slot.present}
      @click=${() => send(order)}
    >
      ${text}
    </button>
  `;
}

function module(slot: SlotView): TemplateResult {
  const state = slot.present ? slot.state : "M0";
  return html`
    <li class="module" data-state=${state} data-present=${slot.present} title=${hex(slot.address)}>
      <span class="module-name">
        ${siteName(slot)}
        <small>${slot.present ? slot.name : "empty"}</small>
      </span>
      ${led(slot)}
      <span class="state" title=${stateName(state)}>${state || "–"}</span>
    </li>
  `;
}

function led(slot: SlotView): TemplateResult {
  return html`
    <span class="led" data-led=${slot.blue_led} title="Blue LED: ${slot.blue_led}">
      <i aria-hidden="true"></i>
      <span class="hidden">Blue LED </span>${LED_TEXT[slot.blue_led] ?? slot.blue_led}
    </span>
  `;
}

const SITES: Record<string, string> = {
  board: "Slot",
  "power-entry": "Power entry",
  "shelf-fru-information": "Shelf FRU",
  "shelf-manager": "CMM",
  "fan-tray": "Fan tray",
  "filter-tray": "Filter",
  "alarm-panel": "Alarm panel",
  "advanced-mc": "AMC",
  "rear-transition-module": "RTM",
  "carrier-hub": "MCH",
  "power-module": "Power",
};

/** What people call the place. */
export function siteName(slot: SlotView): string {
  return `${SITES[slot.site] ?? slot.site} ${slot.slot}`;
}
