// Of all kinds that give phases by composition, before their own script in explore.html.

// Why compositions of `phases` (their names) make none with an easy axis: {column at fault: words}. Empty: they do.
function noMagnet(columns, phases) {
  const why = {};
  for (const name of phases) {
    for (const [group, elements] of [["rare earths", ["La", "Ce", "Pr", "Nd"]], ["metals", ["Co", "Ni"]]]) {
      const given = elements.map((element) => `${name}_${element}`).filter((column) => columns[column] !== undefined);
      if (given.reduce((sum, column) => sum + columns[column], 0) > 1 + 1e-9)
        for (const column of given) why[column] = `The shares of the ${name}'s ${group} sum to more than 1.`;
    }
    if (columns[`${name}_mu0_Ms_T`] <= 0) why.temperature_K = `The ${name} is above its Curie temperature.`;
    else if (columns[`${name}_K1_MJ_per_m3`] < 0) why.temperature_K = `The ${name} has no easy axis: its K1 is negative.`;
  }
  return why;
}

