"use strict";
{
  const field = document.getElementById("search");
  const told = document.getElementById("hits");
  const rows = [...document.querySelectorAll("[data-row]")];
  const texts = rows.map((row) => row.textContent.toLocaleLowerCase());
  const apply = () => {
    const words = field.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, number) => {
      const shown = words.every((word) => texts[number].includes(word));
      row.hidden = !shown;
      count += shown;
    });
    told.hidden = words.length === 0;
    told.querySelector("b").textContent = count;
  };
  field.addEventListener("input", apply);
  field.closest("[hidden]").hidden = false;
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details")) one.open = true;
  });
}
