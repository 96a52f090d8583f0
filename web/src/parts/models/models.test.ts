import { expect, test } from "vitest";
import type { Changes } from "../../api/changes";
import type { Client } from "../../api/client";
import type { ChangeData, ModelList, ModelState } from "../../api/types";
import { Models } from "./models";

function listed(state: ModelState) {
  return { current: "local/a", items: [{ name: "local/a", state }] } as unknown as ModelList;
}

test("a model that loads is ready once the server tells, without being asked again", async () => {
  let asked = 0;
  const get = async () => {
    asked += 1;
    return listed("loading");
  };
  let tell: (data: ChangeData<"models">) => void = () => {};
  const changes = {
    hear: (_: "models", act: typeof tell) => {
      tell = act;
    },
  };
  const models = new Models({ get } as unknown as Client, changes as unknown as Changes);
  await models.load();
  expect(models.current.value?.state).toBe("loading");
  tell({ models: listed("ready") } as ChangeData<"models">);
  expect(models.current.value?.state).toBe("ready");
  expect(asked).toBe(1);
});
