// The form component of a DingTalk card (dingtalk.md §4.8): fields in, `params.form` out.

import { h } from "./dom.js";
import { press } from "./acting.js";
import { parsed } from "./json.js";
import { hint } from "./sheet.js";

const INPUTS = {
  NUMBER: "number",
  DATE: "date",
  TIME: "time",
  DATETIME: "datetime-local",
  CHECKBOX: "checkbox",
  SWITCH: "checkbox",
};
const SUBMIT = "submit";

export function form(ctx, view) {
  const fields = parsed(view.form)?.fields;
  if (!Array.isArray(fields) || view.formVisible === "false") return null;
  const shown = fields.filter((field) => !field.hidden);
  const button = h(
    "button",
    { type: "submit", class: "dc-button dc-primary", data: { key: SUBMIT } },
    h("span", {}, view.form_btn_text || "提交"),
  );
  const element = h(
    "form",
    { class: "dc-form", novalidate: true },
    shown.map(row),
    h("div", { class: "dc-feet dc-in-1" }, button),
  );
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    sendForm(ctx, element, button, shown);
  });
  return element;
}

function row(field) {
  return h(
    "label",
    { class: "dc-field" },
    h("span", {}, field.label ?? field.name, field.required && h("em", { "aria-hidden": "true" }, " *")),
    control(field),
  );
}

function control(field) {
  const common = {
    data: { field: field.name, type: field.type },
    disabled: field.readOnly,
    required: field.required,
  };
  if (field.options) return choice(field, common);
  if (field.type === "TEXT_AREA")
    return h("textarea", {
      ...common,
      rows: "2",
      placeholder: field.placeholder,
      value: field.defaultValue ?? "",
    });
  return h("input", {
    ...common,
    type: INPUTS[field.type] ?? "text",
    placeholder: field.placeholder,
    value: field.defaultValue ?? "",
  });
}

function choice(field, common) {
  const many = field.type.startsWith("MULTI");
  const options = field.options.map((option) =>
    h("option", { value: option.value, selected: option.value === field.defaultValue }, option.text),
  );
  return h("select", { ...common, multiple: many }, !many && h("option", { value: "" }, "请选择"), options);
}

function sendForm(ctx, element, button, fields) {
  const values = {};
  for (const field of fields.filter((each) => !each.readOnly)) {
    const value = valueOf(element.querySelector(`[data-field="${CSS.escape(field.name)}"]`));
    if (field.required && (value === "" || value.length === 0))
      return hint(ctx.phone, field.requiredMsg || `请填写${field.label ?? field.name}`);
    if (value !== "") values[field.name] = value;
  }
  return press(ctx, button, SUBMIT, { form: values });
}

function valueOf(input) {
  if (input.multiple) return [...input.selectedOptions].map((option) => option.value);
  if (input.type === "checkbox") return input.checked;
  return input.type === "number" && input.value !== "" ? Number(input.value) : input.value;
}
