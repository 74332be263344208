"""The Newsroom plugin: what it adds to Airflow's pages."""

from typing import Any

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseOperatorLink


class WhatLanded(BaseOperatorLink):
    """A button, in the tab Details of the task that closed the run, that opens what it landed."""

    name = "What landed"
    xcom_key = "what_landed"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        from airflow.sdk.execution_time.xcom import XCom  # heavy, and only a task that has run asks

        return XCom.get_value(ti_key=ti_key, key=self.xcom_key) or ""


class WhatChanges(WhatLanded):
    """A button of a replay that opens what it changes, with examples as they were and are."""

    name = "What changes"
    xcom_key = "what_changes"


class NewsroomPlugin(AirflowPlugin):
    """Registers the above."""

    name = "newsroom"
    operator_extra_links = [WhatLanded(), WhatChanges()]
